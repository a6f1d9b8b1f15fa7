import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepContracts
import LockstepProcess
import LockstepTasks
import LockstepText

/// Runs a program on several ranks: initializes and finalizes MPI, and prints each error once.
public enum RankProgram {
    /// Runs `body` on this rank and ends the process, with status 0 on success.
    ///
    /// One rank prints an error that all ranks share (`AgreedFailure`, a loss that is not finite), and all
    /// end together. Any other error is printed with the rank's number, and ends the other ranks at once, so
    /// that none keeps waiting.
    /// - Parameter statusOfFailure: the exit status for errors other than mistakes and failed communication,
    ///   which is always `ExitStatus.fault`; with `.failure`, faults of the system are `.fault`, too.
    public static func run(
        statusOfFailure: ExitStatus = .failure, _ body: (Communicator) throws -> Void
    ) -> Never {
        let communicator: Communicator
        do throws(CollectiveError) {
            communicator = try Communicator()
        } catch {
            printError("\(error)")
            exit(status(of: error, statusOfFailure).rawValue)
        }
        do {
            try body(communicator)
            try communicator.finalize()
            exit(ExitStatus.success.rawValue)
        } catch {
            end(
                communicator,
                error as? RunFailure ?? RunFailure(error: error, status: status(of: error, statusOfFailure)))
        }
    }

    private static func end(_ communicator: Communicator, _ failure: RunFailure) -> Never {
        switch failure.error {
        case let agreed as AgreedFailure:
            end(communicator, "\(agreed)", reportingRank: agreed.reportingRank, failure.status)
        case let common as TrainingError where common.isCommon:
            end(communicator, "\(common)", reportingRank: 0, failure.status)
        default:
            if !failure.isReported {
                let isSilent = (failure.error as? StreamError)?.isReaderGone == true
                printError(
                    isSilent
                        ? ""
                        : communicator.size > 1
                            ? "rank \(communicator.rank) on \(communicator.hostName): \(failure)"
                            : "\(failure)")
            }
            communicator.abort(exitCode: failure.status.rawValue)
        }
    }

    private static func end(
        _ communicator: Communicator, _ message: String, reportingRank: Int, _ status: ExitStatus
    ) -> Never {
        if communicator.rank == reportingRank { printError(message) }
        // All ranks call this; the message is printed before any of them ends.
        try? communicator.finalize()
        exit(status.rawValue)
    }

    private static func status(of error: any Error, _ fallback: ExitStatus) -> ExitStatus {
        if error.isOfSystem { return .fault }
        let status = ExitStatus(ofRunning: error)
        // Before training a location that cannot be written is a mistake, too; for other commands the error
        // decides.
        return status == .mistake || fallback == .failure ? status : fallback
    }

    /// Prints a message on standard error. Escapes control characters, since it may quote files.
    package static func printError(_ message: String) {
        // A reader that has closed its end needs no message.
        guard !message.isEmpty else { return }
        let name = "\(programName):"
        let shown = StandardStream.errors.hasColors ? "\u{1B}[31m\(name)\u{1B}[0m" : name
        StandardStream.errors.writeIfPossible("\(shown) \(message.printableLines)\n")
    }

    /// The name of the running program.
    package static var programName: String { ProgramName.text }
}

extension Error {
    /// Whether the system or the network failed: never a mistake of the user.
    package var isOfSystem: Bool {
        switch self as any Error {
        case CollectiveError.mpi, is ThreadError, is StreamError: true
        case let agreed as AgreedFailure: agreed.isOfSystem
        default: false
        }
    }
}

extension TrainingError {
    /// Whether all ranks throw it in the same step.
    package var isCommon: Bool {
        switch self {
        case .nonFinite, .nonFiniteTensor: return true
        default: return false
        }
    }
}
