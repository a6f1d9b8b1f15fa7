import CKernels
import Glibc

/// The exchange of one lane with the same lane of the other nodes: all buckets of a step, pipelined.
///
/// Buckets are summed in order, each as soon as all ranks of this node have published it. A few are in
/// progress at once, so that some travel while others are added. If nodes receive sums in parts
/// (`AllGatherExchange`), parts are sent to the others whenever no sum needs this node's link: during the
/// backward pass, and far into the next forward pass. `poll` makes progress: the communication thread calls
/// it while its rank computes, and the rank's main thread while it waits.
///
/// Not thread-safe: `CommunicationThread` serializes access.
final class NodeExchange {
    /// The parameters of a lane.
    struct Setup {
        var channel: NodeChannel
        /// The gradients, summed over shards.
        var gradients: NodePayload
        var format: WireFormat
        var buckets: BucketPlan
        var lane: Int
        /// The counters of this node: the number of ranks that have published bucket i, over all steps.
        var published: UnsafeMutableRawPointer
        var localRanks: Int
        /// The error feedback of this node; nil unless the format has residuals.
        var feedback: ErrorFeedback?
        /// Its heartbeat shows the current bucket.
        var communicator: Communicator
        /// The second half, if the first one only sums parts.
        var allGather: AllGatherExchange?
        /// Whether parts wait for `deliver`, which provides the values to send instead of the sums.
        var keepsParts: Bool
        /// The sums of squares, by chunk.
        var squareSums: UnsafeMutablePointer<Double>
        /// The counters of this node: the number of lanes that have delivered bucket i, over all steps, then
        /// the number of lanes that have finished.
        var delivered: UnsafeMutableRawPointer
    }

    private let setup: Setup
    private let slots: [StripeExchange]
    /// The bucket in each slot.
    private var slotBuckets: [Int]
    /// The exchange of records, on the first lane.
    private let records: RecordExchange?
    private var next = 0
    /// The number of stripes that this lane has started in this step.
    private var started = 0
    private var step: UInt32 = 0
    private var areRecordsSent = true
    /// The number of buckets that this rank has published in this step.
    var announced = 0
    /// Whether parts wait: from the end of the backward pass on, the sums and the records have the link
    /// alone.
    private var isHeld = false
    /// The handler for arrived buckets; nil until it is set.
    private var delivery: Delivery?

    /// Handles a complete stripe of a bucket: the stripe, and this node's part of it.
    typealias Delivery = (_ stripe: Range<Int>, _ own: Range<Int>) -> Void

    /// The number of stripes in progress: one stays in the cache while the others travel. Slot numbers are
    /// the tags of their messages.
    static let slotCount = 6
    /// The tag of the records.
    private static let recordsTag = CInt(slotCount)
    /// The tag of the sums of squares (`SquareExchange`).
    static let squaresTag = CInt(slotCount + 1)

    init(_ setup: Setup, records: RecordExchange?) {
        self.setup = setup
        self.records = records
        let longest = setup.buckets.longestStripe
        let plan = setup.gradients.plan
        let foreign = plan.nodeOfSubtree.count { $0 != setup.channel.mine }
        let entries =
            setup.format.hasResidual
            ? (longest / Int(lockstep_chunk) + 1) * setup.format.entries(of: Int(lockstep_chunk)) : 0
        slots = (0..<NodeExchange.slotCount).map { slot in
            StripeExchange(
                channel: setup.channel, payload: setup.gradients,
                memory: StripeMemory(
                    stripe: longest, foreignSubtrees: max(foreign, setup.channel.count - 1),
                    nodes: setup.channel.count, wholeLimit: setup.channel.tuning.wholeLimit,
                    isRounded: setup.format == .bfloat16, entryCount: entries),
                slot: slot, feedback: setup.feedback)
        }
        slotBuckets = [Int](repeating: 0, count: slots.count)
        next = setup.buckets.buckets.count
    }

    /// Begins a step: no bucket has been summed.
    /// - Parameter isLocal: whether gradients stay within nodes, and only statistics and records are
    ///   exchanged.
    func begin(isLocal: Bool) {
        next = isLocal ? setup.buckets.last : 0
        started = 0
        announced = 0
        step &+= 1
        areRecordsSent = records == nil
    }

    /// Makes progress without waiting.
    /// - Returns: whether anything was done.
    func poll() throws(CollectiveError) -> Bool {
        var moved = false
        for index in slots.indices where try slots[index].advance() {
            moved = true
            if slots[index].isIdle { try finishSum(slotBuckets[index]) }
        }
        while next < setup.buckets.buckets.count, isPublished(next) {
            let range = setup.buckets.stripe(next, lane: setup.lane)
            let isWithRecords = next == setup.buckets.last && records?.statistics == range
            if !range.isEmpty && !isWithRecords {
                let index = started % slots.count
                guard slots[index].isIdle else { break }
                setup.communicator.heartbeat?.setBucket(next)
                slotBuckets[index] = next
                try start(slots[index], next, range)
                started += 1
            } else {
                try finishSum(next)
            }
            next += 1
            moved = true
        }
        if try pollAllGather() { moved = true }
        return moved
    }

    /// The messages sent so far.
    var traffic: MessageTraffic {
        slots.reduce(
            (setup.allGather?.traffic ?? MessageTraffic()) + (records?.traffic ?? MessageTraffic())
        ) { $0 + $1.traffic }
    }

    /// Whether nothing can be done until something is published or delivered.
    var isAtRest: Bool {
        guard isIdle, next >= announced else { return false }
        guard let allGather = setup.allGather else { return true }
        return allGather.isAtRest && !allGather.hasReady(pace) && delivery == nil
    }

    /// Completes the sums of the step, and exchanges the records.
    func finish(hash: UInt64) throws(CollectiveError) {
        isHeld = true
        var backoff = Backoff()
        while true {
            var moved = try poll()
            if !areRecordsSent, isPublished(setup.buckets.last) {
                try records?.start(hash: hash, tag: NodeExchange.recordsTag)
                areRecordsSent = true
                moved = true
            }
            if next == setup.buckets.buckets.count, isIdle, areRecordsSent {
                guard let records, try !records.advance() else {
                    setup.communicator.heartbeat?.setBucket(-1)
                    return
                }
            }
            backoff.after(progress: moved)
        }
    }

    /// Sets the handler for arrived buckets.
    /// - Parameter buffer: the values to send instead of the sums, in the same layout; nil for the sums.
    func deliver(_ buffer: UnsafeMutablePointer<Float>?, _ delivery: @escaping Delivery)
        throws(CollectiveError)
    {
        guard let allGather = setup.allGather else { return }
        isHeld = false
        self.delivery = delivery
        guard setup.keepsParts else { return }
        let buffer = buffer ?? setup.gradients.total
        for bucket in (0..<setup.buckets.last).reversed() { try allGather.release(bucket, of: buffer) }
    }

    /// Sums another flat buffer in the layout of the gradients, at once.
    func run(_ payload: NodePayload) throws(CollectiveError) {
        var backoff = Backoff()
        var (bucket, started) = (0, 0)
        while bucket < setup.buckets.last || !isIdle {
            var moved = false
            for slot in slots where try slot.advance() { moved = true }
            while bucket < setup.buckets.last, slots[started % slots.count].isIdle {
                let range = setup.buckets.stripe(bucket, lane: setup.lane)
                if !range.isEmpty {
                    try slots[started % slots.count].start(
                        range, of: payload, .allreduce, .float32, granularity: Int(lockstep_chunk))
                    started += 1
                }
                bucket += 1
                moved = true
            }
            backoff.after(progress: moved)
        }
    }

    private var isIdle: Bool { slots.allSatisfy(\.isIdle) }

    private func isPublished(_ bucket: Int) -> Bool {
        lockstep_counter_has_reached(
            setup.published, Int64(bucket), step &* UInt32(setup.localRanks)) != 0
    }

    private func start(
        _ slot: StripeExchange, _ bucket: Int, _ range: Range<Int>
    ) throws(CollectiveError) {
        // Every node needs all statistics, which are few.
        if bucket == setup.buckets.last {
            let format =
                setup.format == .bfloat16 || setup.format.hasResidual ? WireFormat.float32 : setup.format
            try slot.start(range, of: setup.gradients, .allreduce, format, granularity: 16)
        } else {
            try slot.start(
                range, of: setup.gradients, setup.allGather == nil ? .allreduce : .reduceScatter,
                setup.format,
                granularity: Int(lockstep_chunk))
        }
    }

    /// Handles a completed sum, or this node's part of it: squares it while it is in the cache, and starts
    /// other stripes.
    private func finishSum(_ bucket: Int) throws(CollectiveError) {
        guard bucket < setup.buckets.last else { return }
        let summed =
            setup.allGather?.part(of: setup.channel.mine, bucket)
            ?? setup.buckets.stripe(bucket, lane: setup.lane)
        lockstep_square_sums(
            setup.gradients.total + summed.lowerBound, summed.count,
            setup.squareSums + summed.lowerBound / Int(lockstep_chunk))
        if let allGather = setup.allGather, !setup.keepsParts {
            try allGather.release(bucket, of: setup.gradients.total)
        }
    }

    /// Sums go first: a step cannot end without them.
    private var pace: AllGatherExchange.Pace {
        if delivery != nil { return .full }
        let isBehind = next < setup.buckets.buckets.count && isPublished(next)
        return isHeld || isBehind || !slots.allSatisfy(\.hasSent) ? .none : .sparing
    }

    private func pollAllGather() throws(CollectiveError) -> Bool {
        guard let allGather = setup.allGather else { return false }
        var moved = try allGather.advance(pace)
        guard let delivery else { return moved }
        if let bucket = allGather.takeArrived() {
            delivery(
                setup.buckets.stripe(bucket, lane: setup.lane), allGather.part(of: setup.channel.mine, bucket)
            )
            lockstep_counter_increment(setup.delivered, Int64(bucket))
            moved = true
        }
        if allGather.isDone {
            allGather.reset()
            self.delivery = nil
            lockstep_counter_increment(setup.delivered, Int64(setup.buckets.last))
        }
        return moved
    }
}
