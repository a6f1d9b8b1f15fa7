import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepReports
import LockstepText
import LockstepTraining

/// Tells of an error as a user wants to read it: one message, without a stack trace.
enum ErrorReport {
    /// Runs what may fail; tells of its failure and ends with its status, as a training would.
    static func whileRunning<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let code as ExitCode {
            throw code
        } catch {
            if (error as? StreamError)?.isReaderGone != true { tell("\(error)") }
            let status = error is ReportError ? .mistake : ExitStatus(ofRunning: error)
            throw ExitCode(status.rawValue)
        }
    }

    /// Writes the result of a command to the standard output.
    static func print(_ text: String) throws {
        try whileRunning { try StandardStream.output.write(text) }
    }

    /// Writes a message to the standard error output.
    static func tell(_ message: String) { RankProgram.printError(message) }
}
