import Glibc
import Synchronization

/// Where the time of one thread goes: the sum for each phase, and every change of phase in the steps to be traced.
///
/// A thread is in one phase at any time, so the sums of all phases are the time that has passed. All memory is taken at the
/// start; an event costs a look at the clock (some 25 ns). Whoever has no timeline pays for a comparison with nil. Events
/// for which there is no place are counted.
///
/// `@unchecked Sendable`: one thread calls `beginStep`, `begin` and `reset`, and reads the sums. Other threads may read
/// `events`: those below the atomic count are complete and never change.
public final class StepTimeline: @unchecked Sendable {
    /// A span of time in one phase. Times are nanoseconds of the host's monotonic clock.
    public struct Event: BitwiseCopyable, Sendable {
        public var begin: UInt64
        public var end: UInt64
        public var step: Int32
        /// The raw value of the `StepPhase`.
        public var phase: UInt8
    }

    /// The steps whose events are kept.
    public let tracedSteps: Range<Int>
    /// Where every change of phase is told to others; nil for nowhere.
    public let heartbeat: Heartbeat?

    private let totals: UnsafeMutablePointer<UInt64>
    private let kept: UnsafeMutablePointer<Event>
    private let capacity: Int
    private let count = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)
    /// The phase that this thread is in.
    public private(set) var phase = StepPhase.other
    private var since: UInt64
    private var step = -1
    private var isTracing = false

    /// A timeline that starts now, in the phase `other`.
    /// - Parameters:
    ///   - tracedSteps: the steps whose events are to be kept.
    ///   - eventsPerStep: the place for them; further events are left out, and counted in `leftOut`.
    ///   - heartbeat: where every change of phase is told to others.
    public init(
        tracedSteps: Range<Int> = 0..<0, eventsPerStep: Int = 256, heartbeat: Heartbeat? = nil
    ) {
        self.heartbeat = heartbeat
        self.tracedSteps = tracedSteps
        capacity = tracedSteps.count * eventsPerStep
        totals = .allocate(capacity: StepPhase.allCases.count)
        totals.initialize(repeating: 0, count: StepPhase.allCases.count)
        kept = .allocate(capacity: max(1, capacity))
        kept.initialize(
            repeating: Event(begin: 0, end: 0, step: 0, phase: 0), count: max(1, capacity))
        since = StepTimeline.now
    }

    deinit {
        totals.deallocate()
        kept.deallocate()
    }

    /// The host's monotonic clock in nanoseconds: the same for all processes of a host.
    public static var now: UInt64 {
        var time = timespec()
        // It cannot fail: the clock exists and the pointer is valid.
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Says which step the following phases belong to.
    public func beginStep(_ number: Int) {
        begin(.other)
        heartbeat?.beginStep(number)
        step = number
        isTracing = tracedSteps.contains(number)
    }

    /// Ends the current phase and begins another.
    /// - Parameter isMeeting: of a wait, whether every rank has it in this place of the step (`Heartbeat.enter`).
    public func begin(_ next: StepPhase, isMeeting: Bool = true) {
        let now = StepTimeline.now
        totals[Int(phase.rawValue)] += now - since
        if isTracing, phase != .other { keep(now) }
        phase = next
        since = now
        heartbeat?.enter(RankPhase(next), at: now, compute: computeNanoseconds, isMeeting: isMeeting)
    }

    /// The time spent in forward and backward passes since the last `reset`.
    private var computeNanoseconds: UInt64 {
        totals[Int(StepPhase.forward.rawValue)] + totals[Int(StepPhase.backward.rawValue)]
    }

    /// Sets all sums to zero; the current phase goes on.
    public func reset() {
        for phase in StepPhase.allCases { totals[Int(phase.rawValue)] = 0 }
        since = StepTimeline.now
    }

    /// The time spent in a phase since the last `reset`, the current phase up to its last change, in nanoseconds.
    public func nanoseconds(in phase: StepPhase) -> UInt64 { totals[Int(phase.rawValue)] }

    /// The events kept so far.
    public var events: UnsafeBufferPointer<Event> {
        UnsafeBufferPointer(start: kept, count: count.load(ordering: .acquiring))
    }

    /// The number of events for which there was no place.
    public var leftOut: Int { lost.load(ordering: .relaxed) }

    private func keep(_ now: UInt64) {
        let place = count.load(ordering: .relaxed)
        guard place < capacity else {
            lost.add(1, ordering: .relaxed)
            return
        }
        kept[place] = Event(begin: since, end: now, step: Int32(clamping: step), phase: phase.rawValue)
        count.store(place + 1, ordering: .releasing)
    }
}
