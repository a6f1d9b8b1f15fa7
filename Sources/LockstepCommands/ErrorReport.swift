import ArgumentParser
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepReports
import LockstepText
import LockstepTraining

/// Reports an error to the user as one message, without a stack trace.
enum ErrorReport {
    /// Runs work that may fail; prints the error and ends with its exit status, as training does.
    static func whileRunning<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let code as ExitCode {
            throw code
        } catch {
            if (error as? StreamError)?.isReaderGone != true { write("\(error)") }
            let status = error is ReportError ? .mistake : ExitStatus(ofRunning: error)
            throw ExitCode(status.rawValue)
        }
    }

    /// Writes the result of a command to the standard output.
    static func print(_ text: String) throws {
        try whileRunning { try StandardStream.output.write(text) }
    }

    /// Writes a message to the standard error output.
    static func write(_ message: String) { RankProgram.printError(message) }
}
