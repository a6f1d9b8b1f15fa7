import ArgumentParser
import Foundation

/// Tells of an error as a user wants to read it: one message, without a stack trace.
enum ErrorReport {
    /// Runs what may fail; tells of its failure and ends with status 1.
    static func whileRunning<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let code as ExitCode {
            throw code
        } catch {
            tell("\(error)")
            throw ExitCode.failure
        }
    }

    /// Writes a message to the standard error output.
    static func tell(_ message: String) {
        FileHandle.standardError.write(Data("lockstep: \(message)\n".utf8))
    }
}
