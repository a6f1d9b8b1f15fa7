import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepProcess
import LockstepTasks
import LockstepText

/// The frame of a program that runs on several ranks: MPI's beginning and end, and errors told once.
public enum RankProgram {
    /// Runs `body` on this rank and ends the process, with status 0 when all went well.
    ///
    /// An error that all ranks know of (`AgreedFailure`, a loss that is not finite) is told by one of them, and all end together. Any
    /// other error is told with the rank's number, and takes the other ranks down at once, so that none is left waiting.
    /// - Parameter statusOfFailure: the exit status for errors that are neither mistakes nor failed communication, which is always
    ///   `ExitStatus.fault`; where it is `.failure`, faults of the system are `.fault`, too.
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
        // All ranks come here; the reportingRank's words are out before any of them ends.
        try? communicator.finalize()
        exit(status.rawValue)
    }

    private static func status(of error: any Error, _ usual: ExitStatus) -> ExitStatus {
        if error.isOfSystem { return .fault }
        let status = ExitStatus(ofRunning: error)
        // Before training began a place that cannot be written is a mistake, too; for other commands the error itself decides.
        return status == .mistake || usual == .failure ? status : usual
    }

    /// Writes a message to the standard error output. It may quote files: control characters are escaped.
    package static func printError(_ message: String) {
        // Nothing is reported about a reader that has closed its end.
        guard !message.isEmpty else { return }
        StandardStream.errors.writeIfPossible("lockstep: \(message.printableLines)\n")
    }
}

extension Error {
    /// Whether the system or the network failed, at any time: never a mistake of the user.
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
