import LockstepContracts
import LockstepFaults
import LockstepTimeline
import Synchronization

/// What happens when a contract is broken on this rank: the message goes to its heartbeat, which the report of the fault is made from,
/// and the other ranks are ended.
final class RankLastWords: Sendable {
    private let heartbeat = Mutex<Heartbeat?>(nil)
    private let folder = Mutex<HeartbeatFolder?>(nil)

    /// - Parameters:
    ///   - speaker: what stands before the message on standard error.
    ///   - abort: asks for the end of all ranks; nil where there are no others.
    init(speaker: String, abort: (@Sendable (Int32) -> Void)?) {
        LastWords.set(
            .init(speaker: speaker) { [self] message, status in
                let heartbeat = heartbeat.withLock { $0 }
                heartbeat?.fail(message, .own)
                heartbeat?.end(status: status)
                folder.withLock { $0 }?.remove()
                if let abort { JobEnd.now(abort, exitCode: status) }
            })
    }

    /// Where the message is kept; nil for nowhere.
    func keep(in new: Heartbeat?) { heartbeat.withLock { $0 = new } }

    /// What is removed, since nobody else may come to it; nil for nothing.
    func remove(_ new: HeartbeatFolder?) { folder.withLock { $0 = new } }
}
