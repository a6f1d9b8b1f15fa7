import LockstepContracts
import LockstepFaults
import LockstepTimeline
import Synchronization

/// What happens when a contract is broken on this rank: the message is stored in its heartbeat, for the report of the
/// fault, and the other ranks are ended.
final class RankLastWords: Sendable {
    private let heartbeat = Mutex<Heartbeat?>(nil)
    private let folder = Mutex<HeartbeatFolder?>(nil)

    /// - Parameters:
    ///   - speaker: the prefix of the message on standard error.
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

    /// Where the message is stored; nil for nowhere.
    func keep(in new: Heartbeat?) { heartbeat.withLock { $0 = new } }

    /// A folder to remove, since no other rank removes it; nil for none.
    func remove(_ new: HeartbeatFolder?) { folder.withLock { $0 = new } }
}
