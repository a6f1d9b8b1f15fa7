import CKernels
import Glibc

/// The exchange of one lane with the same lane of the other groups: all buckets of a step, pipelined.
///
/// Buckets are taken in their order, each as soon as all ranks of this group have published it; a few are under way at once,
/// so that one's bytes travel while another's are added. Whoever calls `poll` makes progress: the communication thread
/// during backward, and the rank's main thread afterwards.
///
/// Not thread-safe: `CommunicationThread` takes care that one thread is in here at a time.
final class GroupExchange {
    /// What a lane is given.
    struct Setup {
        var channel: GroupChannel
        /// The gradients: sums of shards.
        var gradients: GroupPayload
        var format: WireFormat
        var buckets: BucketPlan
        var lane: Int
        /// Counters of this group: how many ranks have published bucket i, in all steps.
        var published: UnsafeMutableRawPointer
        var localRanks: Int
        /// What this host has not sent, as long as the gradients; nil unless the format has residuals.
        var residual: UnsafeMutablePointer<Float>?
        /// Who is told which bucket is under way.
        var communicator: Communicator
    }

    private let setup: Setup
    private let slots: [SegmentExchange]
    /// The small message; the first lane's business.
    private let records: RecordExchange?
    private var next = 0
    private var step: UInt32 = 0
    private var areRecordsSent = true

    /// The segments under way at once: the memory of one is in the cache while the other's bytes travel.
    private static let slotCount = 3

    init(_ setup: Setup, records: RecordExchange?) {
        self.setup = setup
        self.records = records
        let longest = setup.buckets.longestSegment
        let plan = setup.gradients.plan
        let foreign = plan.groupOfRoot.count { $0 != setup.channel.mine }
        let entries =
            setup.format.hasResidual
            ? (longest / Int(lockstep_chunk) + 1) * setup.format.entries(of: Int(lockstep_chunk)) : 0
        slots = (0..<GroupExchange.slotCount).map { slot in
            SegmentExchange(
                channel: setup.channel, payload: setup.gradients,
                memory: SegmentMemory(
                    segment: longest, foreignRoots: max(foreign, setup.channel.count - 1),
                    groups: setup.channel.count, isRounded: setup.format == .bfloat16, entryCount: entries),
                slot: slot, residual: setup.residual)
        }
        next = setup.buckets.buckets.count
    }

    /// Begins a step: no bucket has been exchanged.
    /// - Parameter isLocal: whether gradients stay within groups, and only statistics and records are exchanged.
    func begin(isLocal: Bool) {
        next = isLocal ? setup.buckets.last : 0
        step &+= 1
        areRecordsSent = records == nil
    }

    /// Makes progress where something can be done without waiting.
    /// - Returns: whether anything was done.
    func poll(work: GroupChannel.Work = .allreduce) throws(CollectiveError) -> Bool {
        var moved = false
        for slot in slots where try slot.advance() { moved = true }
        while next < setup.buckets.buckets.count {
            let slot = slots[next % slots.count]
            guard slot.isIdle, isPublished(next) else { break }
            let range = setup.buckets.segment(next, lane: setup.lane)
            setup.communicator.heartbeat?.setBucket(next)
            let isWithRecords = next == setup.buckets.last && records?.statistics == range
            if !range.isEmpty && !isWithRecords { try start(slot, next, range, work) }
            next += 1
            moved = true
        }
        return moved
    }

    /// Exchanges what is left of the step, and the records.
    func finish(hash: UInt64, work: GroupChannel.Work) throws(CollectiveError) {
        var waiting = Patience()
        while true {
            var moved = try poll(work: work)
            if !areRecordsSent, isPublished(setup.buckets.last) {
                try records?.start(hash: hash, tag: CInt(slots.count))
                areRecordsSent = true
                moved = true
            }
            if next == setup.buckets.buckets.count, isIdle, areRecordsSent {
                guard let records, try !records.advance() else {
                    setup.communicator.heartbeat?.setBucket(-1)
                    return
                }
            }
            waiting.after(progress: moved)
        }
    }

    /// Exchanges a whole other flat buffer, laid out as the gradients, at once: its first `count` elements.
    func run(_ payload: GroupPayload, _ work: GroupChannel.Work) throws(CollectiveError) {
        var waiting = Patience()
        var bucket = 0
        while bucket < setup.buckets.last || !isIdle {
            var moved = false
            for slot in slots where try slot.advance() { moved = true }
            while bucket < setup.buckets.last, slots[bucket % slots.count].isIdle {
                let range = setup.buckets.segment(bucket, lane: setup.lane)
                if !range.isEmpty {
                    try slots[bucket % slots.count].start(
                        range, of: payload, work, .float32, granularity: Int(lockstep_chunk))
                }
                bucket += 1
                moved = true
            }
            waiting.after(progress: moved)
        }
    }

    private var isIdle: Bool { slots.allSatisfy(\.isIdle) }

    private func isPublished(_ bucket: Int) -> Bool {
        lockstep_counter_has_reached(
            setup.published, Int64(bucket), step &* UInt32(setup.localRanks)) != 0
    }

    private func start(
        _ slot: SegmentExchange, _ bucket: Int, _ range: Range<Int>, _ work: GroupChannel.Work
    ) throws(CollectiveError) {
        // Statistics are few, and every group needs all of them.
        if bucket == setup.buckets.last {
            let format =
                setup.format == .bfloat16 || setup.format.hasResidual ? WireFormat.float32 : setup.format
            try slot.start(range, of: setup.gradients, .allreduce, format, granularity: 16)
        } else {
            try slot.start(range, of: setup.gradients, work, setup.format, granularity: Int(lockstep_chunk))
        }
    }
}
