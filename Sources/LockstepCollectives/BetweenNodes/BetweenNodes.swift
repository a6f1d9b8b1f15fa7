import CKernels

/// The exchange of a rank with other nodes: the counters of published buckets on every rank of a node, and
/// the exchange and its thread on ranks that send messages.
final class BetweenNodes {
    let buckets: BucketPlan
    /// The hash of each node in this step. Shape: [nodes].
    let hashes: UnsafeMutablePointer<UInt64>
    /// The error feedback of this node; nil unless the format has residuals.
    let feedback: ErrorFeedback?
    /// The sum over the ranks of this node alone.
    let local: NodePayload
    /// The exchange of this rank's lane; nil on ranks that send no messages.
    let exchange: NodeExchange?

    /// The parts of the gradients of each node in ascending order, if nodes hold sums in parts.
    let pieces: [[Range<Int>]]
    /// The exchange of checkpoint data with the first node, on the first lane.
    let state: StateExchange?

    private let published: UnsafeMutableRawPointer
    private let delivered: UnsafeMutableRawPointer
    private let communicator: Communicator
    private let thread: CommunicationThread?
    private let nodeCount: Int
    private var bucket = 0
    /// The number of deliveries, and the buckets that this rank has seen complete in the last one.
    private var deliveries: UInt32 = 0
    private var areThere: [Bool]
    private var areAllThere = true

    /// Collective.
    init(
        communicator: Communicator, layout: NodeLayout, plan: ReductionPlan, settings: AllreduceSettings,
        buckets: BucketPlan, memory: SharedSegment, rankSubtrees: UnsafePointer<UnsafePointer<Float>?>,
        recordByteCount: Int, channel number: Int
    ) throws(CollectiveError) {
        self.buckets = buckets
        self.communicator = communicator
        nodeCount = layout.nodes.count
        areThere = Array(repeating: true, count: buckets.last)
        hashes = memory.region("hashes").assumingMemoryBound(to: UInt64.self)
        published = memory.region("published")
        delivered = memory.region("delivered")
        feedback =
            settings.format.hasResidual
            ? ErrorFeedback(
                memory.region("residual").assumingMemoryBound(to: Float.self), settings,
                gradientCount: buckets.gradientCount) : nil
        let single = NodePlan(oneSubtreeEach: plan, nodes: layout.nodes, mine: layout.mine)
        local = NodePayload(plan: single, rankSubtrees: rankSubtrees)
        let gradients =
            settings.isExact
            ? NodePayload(
                plan: NodePlan(exact: plan, nodes: layout.nodes, mine: layout.mine),
                rankSubtrees: rankSubtrees)
            : local
        areBalanced = gradients.plan.isBalanced
        isLocal = settings.placement == .ownGradients
        pieces = BetweenNodes.pieces(
            NodeParts(
                count: layout.nodes.count,
                isHalving: areBalanced && settings.algorithm != .tree), buckets)
        let handle = try communicator.laneCommunicator(
            layout.lane, isShared: layout.nodes.count < communicator.size, channel: number)
        let lane = layout.localRank < buckets.lanes ? layout.localRank : nil
        guard let lane, let handle else {
            (exchange, thread, squares, state) = (nil, nil, nil, nil)
            return
        }
        let channel = NodeChannel(
            communicator: handle, rank: communicator.rank, mine: layout.mine, count: layout.nodes.count,
            algorithm: settings.algorithm, tuning: settings.tuning)
        let isInParts = settings.sumsInParts(gradientCount: buckets.gradientCount)
        // Parameters are not rounded: an update is often smaller than the last bit of a rounded parameter.
        let allGather =
            isInParts
            ? AllGatherExchange(
                channel: channel, plan: gradients.plan, buckets: buckets, lane: lane,
                format: settings.placement == .ownParts ? .float32 : settings.format) : nil
        let exchange = NodeExchange(
            NodeExchange.Setup(
                channel: channel, gradients: gradients, format: settings.format, buckets: buckets, lane: lane,
                published: published, localRanks: layout.localSize, feedback: feedback,
                communicator: communicator, allGather: allGather, keepsParts: settings.placement == .ownParts,
                squareSums: memory.region("square sums").assumingMemoryBound(to: Double.self),
                delivered: delivered),
            records: lane == 0
                ? RecordExchange(
                    channel: channel, payload: gradients,
                    layout: RecordLayout(
                        statistics: buckets.buckets[buckets.last], recordByteCount: recordByteCount,
                        reduction: plan, nodes: layout.nodes, plan: gradients.plan),
                    records: memory.region("records"), hashes: hashes)
                : nil)
        self.exchange = exchange
        squares = lane == 0 && isInParts ? SquareExchange(channel: channel, pieces: pieces) : nil
        state = lane == 0 ? StateExchange(channel: channel, pieces: pieces) : nil
        thread = settings.overlapsBackward && !isLocal ? try CommunicationThread(exchange) : nil
        exchange.begin(isLocal: isLocal)
    }

    /// Ends the thread, which reads the memory of the exchange. Call it exactly once, before that memory is
    /// released.
    func end() { thread?.end() }

    private let squares: SquareExchange?
    private let areBalanced: Bool
    private let isLocal: Bool

    /// The gradients whose sums each node holds, if they hold them in parts.
    static func pieces(
        plan: ReductionPlan, layout: NodeLayout, buckets: BucketPlan, settings: AllreduceSettings
    ) -> [[Range<Int>]] {
        let exact = NodePlan(exact: plan, nodes: layout.nodes, mine: layout.mine)
        let single = NodePlan(oneSubtreeEach: plan, nodes: layout.nodes, mine: layout.mine)
        let isBalanced = settings.isExact ? exact.isBalanced : single.isBalanced
        let isHalving = isBalanced && settings.algorithm != .tree
        return pieces(NodeParts(count: layout.nodes.count, isHalving: isHalving), buckets)
    }

    static func pieces(_ parts: NodeParts, _ buckets: BucketPlan) -> [[Range<Int>]] {
        (0..<parts.count).map { pieces(of: $0, parts, buckets) }
    }

    private static func pieces(of node: Int, _ parts: NodeParts, _ buckets: BucketPlan) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        for bucket in 0..<buckets.last {
            for turn in 0..<buckets.sharers {
                let stripe = buckets.stripe(bucket, lane: buckets.lane(turn, of: bucket))
                let piece = parts.part(of: node, stripe, granularity: Int(lockstep_chunk))
                if !piece.isEmpty { pieces.append(piece) }
            }
        }
        return pieces
    }

    /// The messages that this rank has sent for gradients, statistics, records and sums of squares.
    var traffic: MessageTraffic {
        (exchange?.traffic ?? MessageTraffic()) + (squares?.traffic ?? MessageTraffic())
    }

    /// Completes the sums of squares if nodes hold sums in parts.
    func exchangeSquares(_ sums: UnsafeMutablePointer<Double>) throws(CollectiveError) {
        try squares?.run(sums, tag: NodeExchange.squaresTag)
    }

    /// Prepares the next step, when no rank of the node is still in the previous one.
    func begin() {
        bucket = 0
        exchange?.begin(isLocal: isLocal)
    }

    /// The end of the last bucket that is complete when all gradients before `end` are final.
    func wholeBuckets(before end: Int) -> Int {
        var next = bucket
        while next < buckets.last, buckets.buckets[next].upperBound <= end { next += 1 }
        return next == bucket ? 0 : buckets.buckets[next - 1].upperBound
    }

    /// Publishes the buckets that end at or before `end`, of which this rank's part is final; all of them
    /// with `isLast`.
    func publish(before end: Int, isLast: Bool) {
        while bucket < buckets.buckets.count,
            isLast || (bucket < buckets.last && buckets.buckets[bucket].upperBound <= end)
        {
            lockstep_counter_increment(published, Int64(bucket))
            bucket += 1
        }
        if !isLast { thread?.start(announced: bucket) }
    }

    /// Completes on the calling thread what the communication thread has left.
    func finish(hash: UInt64) throws(CollectiveError) {
        try thread?.stop()
        try exchange?.finish(hash: hash)
    }

    /// Sets the handler for arrived buckets, past and future; `wait` waits for them. Every rank calls it.
    func deliver(
        _ buffer: UnsafeMutablePointer<Float>?, _ delivery: @escaping NodeExchange.Delivery
    ) throws(CollectiveError) {
        deliveries &+= 1
        areAllThere = false
        for index in areThere.indices { areThere[index] = false }
        try exchange?.deliver(buffer, delivery)
        if exchange != nil { thread?.start() }
    }

    /// Whether the gradients of a range have been delivered since the last call of `deliver`.
    func isThere(_ range: Range<Int>) -> Bool {
        if areAllThere { return true }
        for bucket in buckets.numbers(of: range) where !areThere[bucket] {
            guard hasReached(bucket) else { return false }
            areThere[bucket] = true
        }
        return true
    }

    /// Waits until the gradients of a range have been delivered.
    func wait(for range: Range<Int>) throws(CollectiveError) {
        for bucket in buckets.numbers(of: range) where !areThere[bucket] {
            try wait(bucket)
            areThere[bucket] = true
        }
    }

    /// Waits until everything has been delivered and the gradients are no longer read.
    func waitForAll() throws(CollectiveError) {
        if areAllThere { return }
        try wait(buckets.last)
        areAllThere = true
    }

    private func hasReached(_ bucket: Int) -> Bool {
        lockstep_counter_has_reached(delivered, Int64(bucket), deliveries &* UInt32(buckets.lanes)) != 0
    }

    /// Waits for a counter; a communicating rank does the thread's work meanwhile.
    private func wait(_ bucket: Int) throws(CollectiveError) {
        if hasReached(bucket) { return }
        communicator.heartbeat?.setBucket(bucket)
        if exchange != nil { try thread?.stop() }
        var backoff = Backoff()
        while !hasReached(bucket) {
            var moved = false
            if let exchange { moved = try exchange.poll() }
            backoff.after(progress: moved)
        }
        communicator.heartbeat?.setBucket(-1)
        if let exchange, !exchange.isAtRest { thread?.start() }
    }

    /// Sums a buffer in the layout of the gradients over the nodes, one copy per node. Every communicating
    /// rank calls it.
    func run(_ buffer: UnsafeMutablePointer<Float>) throws(CollectiveError) {
        guard let exchange else { return }
        let subtrees = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: 1)
        defer { subtrees.deallocate() }
        subtrees.initialize(to: UnsafePointer(buffer))
        try exchange.run(
            NodePayload(
                plan: NodePlan(oneCopyEach: nodeCount, isBalanced: areBalanced), rankSubtrees: subtrees))
    }
}
