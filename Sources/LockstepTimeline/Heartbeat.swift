internal import CKernels
import Glibc

/// The position of this rank in its step, visible to other processes. Written at every change of phase,
/// without a system call or an allocation.
///
/// With a file, the last state survives the end of the rank.
///
/// `@unchecked Sendable`: only the rank's main thread calls `beginStep`, `enter`, `beginWait`, `endWait`; all
/// other calls are atomic stores that any thread may make.
public final class Heartbeat: @unchecked Sendable {
    /// The identity of a rank.
    public struct Identity: Sendable, Hashable {
        public var rank: Int
        public var ranks: Int
        public var localRank: Int
        public var hostIndex: Int
        public var host: String
        public var process: Int32
        /// The number of restarts of the job so far.
        public var restart: Int

        public init(
            rank: Int, ranks: Int, localRank: Int, hostIndex: Int, host: String, process: Int32 = getpid(),
            restart: Int = 0
        ) {
            self.rank = rank
            self.ranks = ranks
            self.localRank = localRank
            self.hostIndex = hostIndex
            self.host = host
            self.process = process
            self.restart = restart
        }

        fileprivate var plain: lockstep_heartbeat_identity {
            lockstep_heartbeat_identity(
                rank: Int32(rank), ranks: Int32(ranks), local_rank: Int32(localRank),
                host_index: Int32(hostIndex), process: process, restart: Int32(restart))
        }
    }

    let memory: UnsafeMutableRawPointer
    private var step: UInt32 = 0
    private var waits: UInt16 = 0
    private var phase = RankPhase.idle
    private var isWaiting = false
    private var compute: UInt64 = 0

    /// Creates the file of a rank, replacing an old one.
    /// - Returns: nil with `errno` when it cannot be made.
    public init?(path: String, _ identity: Identity) {
        var plain = identity.plain
        guard let memory = lockstep_heartbeat_create(path, &plain, identity.host) else { return nil }
        self.memory = memory
    }

    /// A heartbeat without a file.
    /// - Returns: nil with `errno` when there is no memory.
    public init?(unseen identity: Identity) {
        var plain = identity.plain
        guard let memory = lockstep_heartbeat_private(&plain, identity.host) else { return nil }
        self.memory = memory
    }

    deinit { lockstep_heartbeat_unmap(memory) }

    /// Begins a step, numbered from 0.
    public func beginStep(_ number: Int) {
        step = UInt32(clamping: number + 1)
        waits = 0
        enter(.idle)
    }

    /// Begins a phase.
    public func enter(_ next: RankPhase) { enter(next, at: StepTimeline.now, compute: compute) }

    /// Begins a phase.
    /// - Parameters:
    ///   - now: the monotonic clock.
    ///   - compute: the time spent in computation so far, in nanoseconds.
    ///   - isMeeting: for a wait: whether every rank waits at this point of the step. Only such waits count
    ///     towards a rank's position.
    func enter(_ next: RankPhase, at now: UInt64, compute: UInt64, isMeeting: Bool = true) {
        phase = next
        isWaiting = next == .wait
        if isWaiting && isMeeting { waits &+= 1 }
        self.compute = compute
        store(now)
    }

    /// Begins a wait for other ranks within a phase.
    public func beginWait() {
        guard !isWaiting else { return }
        isWaiting = true
        waits &+= 1
        store(StepTimeline.now)
    }

    /// Ends the wait that `beginWait` began.
    public func endWait() {
        guard isWaiting, phase != .wait else { return }
        isWaiting = false
        store(StepTimeline.now)
    }

    /// Marks progress within a long phase.
    public func beat() { lockstep_heartbeat_beat(memory) }

    /// Marks progress of background work.
    public func beatInBackground() { lockstep_heartbeat_background(memory) }

    /// Sets the bucket that is being exchanged between hosts; -1 for none.
    public func setBucket(_ bucket: Int) { lockstep_heartbeat_bucket(memory, Int32(clamping: bucket)) }

    /// Sets the last message, in UTF-8.
    public func say(_ text: UnsafeRawBufferPointer) { say(text, .none) }

    /// Sets the error message of a failing rank.
    public func fail(_ text: String, _ failure: HeartbeatState.Failure) {
        var text = text
        text.withUTF8 { say(UnsafeRawBufferPointer($0), failure) }
    }

    private func say(_ text: UnsafeRawBufferPointer, _ failure: HeartbeatState.Failure) {
        guard let start = text.baseAddress else { return }
        lockstep_heartbeat_say(memory, start, UInt32(clamping: text.count), failure.rawValue)
    }

    /// Marks a regular exit, with this status.
    public func end(status: Int32) { lockstep_heartbeat_end(memory, status) }

    /// Writes the file to disk, so that other hosts can read it. May take long on a network file system.
    public func flush() { _ = lockstep_heartbeat_flush(memory) }

    /// Installs signal handlers that store the number of a fatal signal in the heartbeat.
    /// - Returns: nil, or the system's error text.
    public func noteSignals() -> String? {
        let status = lockstep_heartbeat_note_signals(memory)
        return status == 0 ? nil : String(cString: strerror(status))
    }

    /// Removes the handlers of `noteSignals`: call it before the heartbeat is deallocated.
    public func stopNotingSignals() { _ = lockstep_heartbeat_note_signals(nil) }

    private func store(_ now: UInt64) {
        lockstep_heartbeat_enter(memory, step, waits, phase.rawValue, isWaiting ? 1 : 0, now, compute)
    }
}
