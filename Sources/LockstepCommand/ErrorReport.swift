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
            FileHandle.standardError.write(Data("lockstep: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
