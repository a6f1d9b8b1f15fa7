import LockstepContracts
import LockstepFaults
import LockstepTimeline
import Synchronization

/// Handles a broken contract on this rank: stores the message in its heartbeat, for the fault report, and
/// ends the other ranks.
final class ContractHandler: Sendable {
    private let heartbeat = Mutex<Heartbeat?>(nil)
    private let folder = Mutex<HeartbeatFolder?>(nil)

    /// - Parameters:
    ///   - prefix: the prefix of the message on standard error.
    ///   - abort: asks MPI to end all ranks; nil without other ranks.
    init(prefix: String, abort: (@Sendable (Int32) -> Void)?) {
        ContractFailure.set(
            .init(prefix: prefix) { [self] message, status in
                let heartbeat = heartbeat.withLock { $0 }
                heartbeat?.fail(message, .own)
                heartbeat?.end(status: status)
                folder.withLock { $0 }?.remove()
                if let abort { JobEnd.now(abort, exitCode: status) }
            })
    }

    /// Sets the heartbeat that stores the message; nil for none.
    func keep(in new: Heartbeat?) { heartbeat.withLock { $0 = new } }

    /// Sets a folder to remove, if no other rank removes it; nil for none.
    func remove(_ new: HeartbeatFolder?) { folder.withLock { $0 = new } }
}
