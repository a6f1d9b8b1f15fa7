internal import CKernels
import Glibc

/// Where this rank is, for others to see: written at every change of phase, without a system call or an allocation.
///
/// With a file behind it the last state outlives the rank, whatever ends it.
///
/// `@unchecked Sendable`: one thread, the rank's own, calls `beginStep`, `enter`, `beginWait`, `endWait`; all other calls
/// are atomic stores that any thread may make.
public final class Heartbeat: @unchecked Sendable {
    /// Who a rank is.
    public struct Identity: Sendable, Hashable {
        public var rank: Int
        public var ranks: Int
        public var localRank: Int
        public var hostIndex: Int
        public var host: String
        public var process: Int32
        /// How many times the job had been started again.
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

    /// Makes the file of a rank anew.
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

    /// Says which step follows, by its number from 0 on.
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
    ///   - isMeeting: of a wait, whether every rank has it in this place of the step: only such waits tell who is how far.
    func enter(_ next: RankPhase, at now: UInt64, compute: UInt64, isMeeting: Bool = true) {
        phase = next
        isWaiting = next == .wait
        if isWaiting && isMeeting { waits &+= 1 }
        self.compute = compute
        store(now)
    }

    /// Within a phase: from here on this rank waits for others.
    public func beginWait() {
        guard !isWaiting else { return }
        isWaiting = true
        waits &+= 1
        store(StepTimeline.now)
    }

    /// The end of the wait that `beginWait` began.
    public func endWait() {
        guard isWaiting, phase != .wait else { return }
        isWaiting = false
        store(StepTimeline.now)
    }

    /// Progress within a phase that takes long.
    public func beat() { lockstep_heartbeat_beat(memory) }

    /// Progress of work in the background.
    public func beatInBackground() { lockstep_heartbeat_background(memory) }

    /// The bucket whose exchange between hosts is under way; -1 for none.
    public func setBucket(_ bucket: Int) { lockstep_heartbeat_bucket(memory, Int32(clamping: bucket)) }

    /// The last message, in UTF-8.
    public func say(_ text: UnsafeRawBufferPointer) { say(text, .none) }

    /// The last message of a rank that fails.
    public func fail(_ text: String, _ failure: HeartbeatState.Failure) {
        var text = text
        text.withUTF8 { say(UnsafeRawBufferPointer($0), failure) }
    }

    private func say(_ text: UnsafeRawBufferPointer, _ failure: HeartbeatState.Failure) {
        guard let start = text.baseAddress else { return }
        lockstep_heartbeat_say(memory, start, UInt32(clamping: text.count), failure.rawValue)
    }

    /// The rank leaves by itself, with this exit status.
    public func end(status: Int32) { lockstep_heartbeat_end(memory, status) }

    /// Brings the file to where other hosts can read it. It may take long where the disk is far.
    public func flush() { _ = lockstep_heartbeat_flush(memory) }

    /// Lets signals that end this process leave their number here first.
    /// - Returns: nil, or the system's words for what failed.
    public func noteSignals() -> String? {
        let status = lockstep_heartbeat_note_signals(memory)
        return status == 0 ? nil : String(cString: strerror(status))
    }

    /// Ends what `noteSignals` began: to be called before the heartbeat goes.
    public func stopNotingSignals() { _ = lockstep_heartbeat_note_signals(nil) }

    private func store(_ now: UInt64) {
        lockstep_heartbeat_enter(memory, step, waits, phase.rawValue, isWaiting ? 1 : 0, now, compute)
    }
}
