import Glibc
import Synchronization

/// The time that one thread spends in each phase, and every change of phase in the traced steps.
///
/// A thread is always in exactly one phase, so the phases add up to the elapsed time. All memory is allocated
/// at the start; an event costs one clock reading (about 25 ns). Without a timeline the cost is one
/// comparison with nil. Events beyond the capacity are counted, not stored.
///
/// `@unchecked Sendable`: one thread calls `beginStep`, `begin` and `reset`, and reads the sums. Other
/// threads may read `events`: those below the atomic count are complete and never change.
public final class StepTimeline: @unchecked Sendable {
    /// A span of time in one phase. Times are nanoseconds of the host's monotonic clock.
    public struct Event: BitwiseCopyable, Sendable {
        public var begin: UInt64
        public var end: UInt64
        public var step: Int32
        /// The raw value of the `StepPhase`.
        public var phase: UInt8
    }

    /// The traced steps.
    public let tracedSteps: Range<Int>
    /// The heartbeat that receives every change of phase; nil for none.
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
    ///   - tracedSteps: the steps whose events are stored.
    ///   - eventsPerStep: the capacity per step; further events are only counted, in `leftOut`.
    ///   - heartbeat: receives every change of phase.
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

    /// Begins a step: the following phases belong to it.
    public func beginStep(_ number: Int) {
        begin(.other)
        heartbeat?.beginStep(number)
        step = number
        isTracing = tracedSteps.contains(number)
    }

    /// Ends the current phase and begins another.
    /// - Parameter isMeeting: for a wait: whether every rank waits at this point of the step
    ///   (`Heartbeat.enter`).
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

    /// The time spent in forward and backward passes since the last `reset`, until now.
    package var computeNanosecondsNow: UInt64 {
        let isComputing = phase == .forward || phase == .backward
        return computeNanoseconds + (isComputing ? StepTimeline.now - since : 0)
    }

    /// Sets all sums to zero; the current phase continues.
    public func reset() {
        for phase in StepPhase.allCases { totals[Int(phase.rawValue)] = 0 }
        since = StepTimeline.now
    }

    /// The time spent in a phase since the last `reset`, without the time since the last change of phase, in
    /// nanoseconds.
    public func nanoseconds(in phase: StepPhase) -> UInt64 { totals[Int(phase.rawValue)] }

    /// The events stored so far.
    public var events: UnsafeBufferPointer<Event> {
        UnsafeBufferPointer(start: kept, count: count.load(ordering: .acquiring))
    }

    /// The number of events beyond the capacity.
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
