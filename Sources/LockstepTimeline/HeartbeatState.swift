internal import CKernels
import Glibc

/// The position of a rank, from its heartbeat; after its end the last one.
public struct HeartbeatState: Sendable, Hashable {
    /// The kind of a rank's last message.
    public enum Failure: Int32, Sendable {
        /// A log line.
        case none
        /// An error of this rank.
        case own
        /// An error that another rank, or the network, caused.
        case communication
    }

    /// The identity of the rank.
    public var identity: Heartbeat.Identity
    /// The step's number from 1 on; 0 before the first.
    public var step = 0
    /// The number of waits for other ranks in this step, the current one included.
    public var waits = 0
    /// The current phase.
    public var phase = RankPhase.idle
    /// Whether the rank waits for other ranks.
    public var isWaiting = false
    /// The bucket whose exchange between hosts is under way; nil for none.
    public var bucket: Int?
    /// The first signal received; nil for none.
    public var signal: Int32?
    /// The exit status; nil while the rank runs, and after a kill.
    public var exitStatus: Int32?
    /// The last message; empty for none.
    public var message = ""
    /// The kind of the last message.
    public var failure = Failure.none
    /// The number of heartbeats, background work not included.
    public var beats: UInt64 = 0
    /// The number of heartbeats of background work.
    public var background: UInt64 = 0
    /// The time of the last heartbeat on the host's monotonic clock, in nanoseconds.
    public var monotonic: UInt64 = 0
    /// The same as wall-clock time, in seconds since 1970.
    public var wallSeconds = 0.0
    /// The time spent in computation before the steps' barriers, in seconds.
    public var computeSeconds = 0.0

    public init(identity: Heartbeat.Identity) { self.identity = identity }

    /// The signals that ask a rank to stop.
    public static let stopSignals: [Int32] = [SIGTERM, SIGINT, SIGUSR1]

    /// The position within the step. It grows with each wait that the rank enters or leaves.
    public var place: Int { 2 * waits - (isWaiting ? 1 : 0) }

    /// Whether this rank is behind another one.
    public func isBehind(_ other: HeartbeatState) -> Bool { (step, place) < (other.step, other.place) }
}

/// What a watchdog reads of a rank: whether it makes progress, and whether it waits for others.
public struct Pulse: Sendable {
    /// Grows as long as the rank makes progress.
    public let moves: UInt64
    public let phase: RankPhase
    public let isWaiting: Bool
    public let hasEnded: Bool
    /// The rank's process on its host.
    public let process: Int32
    /// Whether it has received a signal.
    public let isSignalled: Bool
    /// Whether that signal means a crash rather than a request to stop.
    public let hasCrashed: Bool

    init(_ view: lockstep_heartbeat_view) {
        phase = RankPhase(rawValue: view.phase) ?? .idle
        moves = phase == .checkpoint ? view.beats &+ view.background : view.beats
        isWaiting = view.waiting != 0
        hasEnded = view.ended != 0
        process = view.identity.process
        isSignalled = view.signal != 0
        hasCrashed = isSignalled && !HeartbeatState.stopSignals.contains(view.signal)
    }
}

extension Heartbeat {
    /// The pulse that other ranks see.
    public var pulse: Pulse {
        var view = lockstep_heartbeat_view()
        lockstep_heartbeat_peek(memory, &view)
        return Pulse(view)
    }
}

/// Reads heartbeat files repeatedly without allocating.
///
/// Not Sendable: a reader and its buffers belong to one thread.
public final class HeartbeatReader {
    /// Why a file could not be read.
    public enum Failure: Error, Hashable, Sendable {
        /// The system's error number.
        case system(Int32)
        /// The file is not a heartbeat of this version.
        case foreign
    }

    private var view = lockstep_heartbeat_view()
    private let host: UnsafeMutablePointer<CChar>
    private let text: UnsafeMutablePointer<CChar>

    public init() {
        host = .allocate(capacity: Int(lockstep_heartbeat_host))
        host.initialize(repeating: 0, count: Int(lockstep_heartbeat_host))
        text = .allocate(capacity: Int(lockstep_heartbeat_text) + 1)
        text.initialize(repeating: 0, count: Int(lockstep_heartbeat_text) + 1)
    }

    deinit {
        host.deallocate()
        text.deallocate()
    }

    /// Reads a file without allocating; nil on failure.
    public func pulse(_ path: UnsafePointer<CChar>) -> Pulse? {
        guard lockstep_heartbeat_read(path, &view, host, text) == 0 else { return nil }
        return Pulse(view)
    }

    /// Whether the rank that created a file still holds its lock, which lasts until its process ends. False
    /// also where the file system does not share locks between hosts; nil when the file system returns an
    /// error.
    public static func isHeld(_ path: UnsafePointer<CChar>) -> Bool? {
        let answer = lockstep_heartbeat_is_held(path)
        return answer < 0 ? nil : answer == 1
    }

    /// Reads a file.
    public func read(_ path: String) throws(Failure) -> HeartbeatState {
        let status = lockstep_heartbeat_read(path, &view, host, text)
        guard status == 0 else { throw status < 0 ? .foreign : .system(status) }
        var state = HeartbeatState(
            identity: .init(
                rank: Int(view.identity.rank), ranks: Int(view.identity.ranks),
                localRank: Int(view.identity.local_rank), hostIndex: Int(view.identity.host_index),
                host: String(cString: host), process: view.identity.process,
                restart: Int(view.identity.restart)))
        state.step = Int(view.step)
        state.waits = Int(view.waits)
        state.phase = RankPhase(rawValue: view.phase) ?? .idle
        state.isWaiting = view.waiting != 0
        state.bucket = view.bucket < 0 ? nil : Int(view.bucket)
        state.signal = view.signal == 0 ? nil : view.signal
        state.exitStatus = view.ended == 0 ? nil : view.ended - 1
        state.message = String(cString: text)
        state.failure = HeartbeatState.Failure(rawValue: view.failed) ?? .own
        state.beats = view.beats
        state.background = view.background
        state.monotonic = view.monotonic
        state.wallSeconds = Double(view.wall) * 1e-9
        state.computeSeconds = Double(view.compute) * 1e-9
        return state
    }
}
