import Foundation
import LockstepCollectives

/// The frame of a program that runs on several ranks: MPI's beginning and end, and errors told once.
public enum RankProgram {
    /// Runs `body` on this rank and ends the process: with status 0, or with 1 after an error.
    ///
    /// An error that all ranks know of (`AgreedFailure`, a loss that is not finite) is told by one of them, and all end together. Any
    /// other error is told with the rank's number, and takes the other ranks down at once, so that none is left waiting.
    public static func run(_ body: (Communicator) throws -> Void) -> Never {
        let communicator: Communicator
        do throws(CollectiveError) {
            communicator = try Communicator()
        } catch {
            tell("\(error)")
            exit(1)
        }
        do {
            try body(communicator)
            try communicator.finalize()
            exit(0)
        } catch let failure as AgreedFailure {
            end(communicator, "\(failure)", speaker: failure.speaker)
        } catch let failure as TrainingError where failure.isCommon {
            end(communicator, "\(failure)", speaker: 0)
        } catch {
            tell(
                communicator.size > 1
                    ? "rank \(communicator.rank) on \(communicator.hostName): \(error)" : "\(error)")
            communicator.abort(exitCode: 1)
        }
    }

    private static func end(_ communicator: Communicator, _ message: String, speaker: Int) -> Never {
        if communicator.rank == speaker { tell(message) }
        // All ranks come here; the speaker's words are out before any of them ends.
        try? communicator.finalize()
        exit(1)
    }

    private static func tell(_ message: String) {
        FileHandle.standardError.write(Data("lockstep: \(message)\n".utf8))
    }
}

extension TrainingError {
    /// Whether all ranks throw it in the same step.
    var isCommon: Bool {
        if case .nonFinite = self { return true }
        return false
    }
}
