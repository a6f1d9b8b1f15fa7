import CKernels
import LockstepContracts
import LockstepTimeline

/// The sum of all shards' gradients, in the order of one fixed tree, for any number of ranks.
///
/// The ranks of a host keep their gradients in memory that all of them see: each finishes the tree for its own slice in
/// one pass, in place. Between hosts (and between ranks that share no memory) the same tree runs over messages, bucket by
/// bucket and during the rest of backward. Beside the gradients a step exchanges one record per shard and one 64-bit hash per host.
///
/// Memory of a rank's gradients: `gradientCount` floats, then `statisticsCount` floats that are summed alike but stand
/// outside the sums of squares.
public final class TreeAllreduce {
    /// Who sums what.
    public let plan: ReductionPlan
    /// The number of gradients; a multiple of 4,096.
    public let gradientCount: Int
    /// The number of statistics behind them.
    public let statisticsCount: Int
    /// The gradients that this rank squares and updates: its part of the host's work. Borders are chunk borders.
    public let slice: Range<Int>
    /// This rank's shards in the order in which they are to be computed, and what is to be added after each.
    public let foldSteps: [FoldStep]
    /// Why the ranks of this host do not share memory; nil when they do, or when there is only one.
    public let refusal: SegmentRefusal?
    /// How sums are made.
    public let settings: AllreduceSettings
    /// This rank's number among those that share its memory.
    public let nodeRank: Int
    /// The number of ranks that share this rank's memory.
    public let nodeSize: Int
    /// The number of this rank's node.
    public let nodeNumber: Int
    /// The number of nodes of ranks that share memory: hosts, or ranks where memory is not shared.
    public let nodeCount: Int

    /// The hash of this node's parameters, told to the others in the next exchange.
    public var parameterHash: UInt64 = 0

    /// Where the times of additions and waits are noted; nil for nowhere.
    package var timeline: StepTimeline?

    let barrier: HostBarrier
    let records: UnsafeMutableRawPointer
    let recordByteCount: Int
    let squareSums: UnsafeMutablePointer<Double>
    /// Where the node's sums are made: the memory of its first subtree.
    let total: UnsafeMutablePointer<Float>
    let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    let program: UnsafeMutablePointer<Int32>
    let statisticsSlice: Range<Int>
    /// What goes between nodes; nil where there is one.
    let between: BetweenNodes?
    /// The gradients that this rank has published in this step: those before it.
    var published = 0

    private let segment: SharedSegment
    /// The buffer of each subtree, as this rank sees it; nil for subtrees of other nodes.
    private let subtreeBuffers: [UnsafeMutablePointer<Float>?]
    private let workBuffers: [UnsafeMutablePointer<Float>]
    private let workMemory: SharedSegment

    /// Allocates the buffers. Collective: all ranks call it with equal arguments.
    /// - Parameters:
    ///   - regions: further memory that the ranks of a host share.
    ///   - channel: which messages between nodes are this object's; those of one channel take turns (`Communicator.takeChannel`).
    public init(
        communicator: Communicator, shards: Int, gradientCount: Int, statisticsCount: Int,
        recordByteCount: Int, regions: [SharedRegion], settings: AllreduceSettings = AllreduceSettings(),
        channel: Int = 0
    ) throws(CollectiveError) {
        contract(gradientCount % Int(lockstep_chunk) == 0, "TreeAllreduce: \(gradientCount) gradients")
        let plan = ReductionPlan(shards: shards, ranks: communicator.size)
        let elementCount = gradientCount + statisticsCount
        let chunks = gradientCount / Int(lockstep_chunk)
        func allRegions(_ layout: NodeLayout) -> [SharedRegion] {
            let ranks = layout.nodes[layout.mine]
            let subtrees = plan.subtrees.indices.filter { ranks.contains(plan.rankOfSubtree[$0]) }
            let buckets = BucketPlan(
                gradientCount: gradientCount, statisticsCount: statisticsCount, layout: layout)
            let ownCount =
                settings.placement == .ownParts && layout.nodes.count > 1
                ? BetweenNodes.pieces(plan: plan, layout: layout, buckets: buckets, settings: settings)[
                    layout.mine
                ].reduce(0) { $0 + $1.count } : gradientCount
            return [
                SharedRegion("barrier", byteCount: HostBarrier.byteCount),
                SharedRegion("records", byteCount: shards * recordByteCount),
                SharedRegion("square sums", byteCount: chunks * 8),
                SharedRegion("hashes", byteCount: communicator.size * 8),
                SharedRegion("published", byteCount: buckets.buckets.count * Int(lockstep_counter_stride)),
                SharedRegion("delivered", byteCount: buckets.buckets.count * Int(lockstep_counter_stride)),
                SharedRegion(
                    "residual",
                    byteCount: layout.nodes.count > 1
                        ? max(64, ErrorFeedback.count(settings, gradientCount: gradientCount) * 4) : 64),
            ]
                + subtrees.map {
                    SharedRegion(
                        "subtree \($0)", byteCount: elementCount * 4,
                        writer: plan.rankOfSubtree[$0] - ranks.lowerBound)
                } + regions.map { $0.sized(pieceElementCount: ownCount) }
        }

        var layout = NodeLayout(communicator: communicator, isShared: settings.sharedMemory == .allowed)
        var refusal: SegmentRefusal?
        var segment: SharedSegment?
        if communicator.size > 1 && communicator.hostCount < communicator.size {
            if settings.sharedMemory == .refused {
                refusal = SegmentRefusal(rank: -1, byteCount: 0, reason: "the configuration refuses it")
            } else {
                switch try SharedSegment.make(allRegions(layout), communicator: communicator) {
                case .success(let shared): segment = shared
                case .failure(let reason):
                    refusal = reason
                    layout = NodeLayout(communicator: communicator, isShared: false)
                }
            }
        }
        let memory: SharedSegment
        if let segment {
            memory = segment
        } else {
            memory = try SharedSegment(privateRegions: allRegions(layout))
        }

        self.plan = plan
        self.gradientCount = gradientCount
        self.statisticsCount = statisticsCount
        self.recordByteCount = recordByteCount
        self.refusal = refusal
        self.settings = settings
        self.segment = memory
        nodeRank = layout.localRank
        nodeSize = layout.localSize
        nodeNumber = layout.mine
        nodeCount = layout.nodes.count
        barrier = HostBarrier(memory: memory.region("barrier"), count: layout.localSize)
        records = memory.region("records")
        squareSums = memory.region("square sums").assumingMemoryBound(to: Double.self)
        let mine = layout.nodes[layout.mine]
        let subtreeBuffers = plan.subtrees.indices.map { subtree in
            mine.contains(plan.rankOfSubtree[subtree])
                ? memory.region("subtree \(subtree)").assumingMemoryBound(to: Float.self) : nil
        }
        self.subtreeBuffers = subtreeBuffers
        guard let first = subtreeBuffers.first(where: { $0 != nil }), let total = first else {
            brokenContract("TreeAllreduce: a node without a subtree")
        }
        self.total = total
        let foldSteps = plan.foldSteps(of: communicator.rank)
        self.foldSteps = foldSteps
        sum = layout.nodes.count == 1 ? subtreeBuffers[foldSteps[0].subtree] ?? total : total
        let levels = foldSteps.map(\.level).max() ?? 0
        workMemory = try SharedSegment(
            privateRegions: (0...levels).map {
                SharedRegion("\($0)", byteCount: $0 == 0 ? 64 : elementCount * 4)
            })
        let work = workMemory
        workBuffers = (0...levels).map { work.region("\($0)").assumingMemoryBound(to: Float.self) }
        sources = .allocate(capacity: plan.subtrees.count)
        for (index, buffer) in subtreeBuffers.enumerated() {
            sources[index] = buffer.map { UnsafePointer($0) }
        }
        program = .allocate(capacity: plan.program.count)
        program.initialize(from: plan.program, count: plan.program.count)
        let chunk = Int(lockstep_chunk)
        let share = communicator.share ?? .init(number: layout.localRank, of: layout.localSize)
        slice = NodeLayout.slice(share.number, of: share.count, count: gradientCount, chunk: chunk)
        // One rank sums all statistics: they are few.
        statisticsSlice = layout.localRank == 0 ? gradientCount..<elementCount : elementCount..<elementCount
        between =
            layout.nodes.count == 1
            ? nil
            : try BetweenNodes(
                communicator: communicator, layout: layout, plan: plan, settings: settings,
                buckets: BucketPlan(
                    gradientCount: gradientCount, statisticsCount: statisticsCount, layout: layout),
                memory: memory, rankSubtrees: sources, recordByteCount: recordByteCount, channel: channel)
        isInParts = between != nil && settings.sumsInParts(gradientCount: gradientCount)
        if let between, settings.placement == .ownParts {
            let rank = nodeRank
            let size = nodeSize
            pieces = between.pieces[nodeNumber].enumerated().filter { $0.offset % size == rank }.map(
                \.element)
        } else {
            pieces = [slice]
        }
    }

    deinit {
        sources.deallocate()
        program.deallocate()
    }

    /// The memory of a region that was asked for.
    public func region(_ name: String) -> UnsafeMutableRawPointer { segment.region(name) }

    /// Whether hosts have the sums of their own parts only when `exchange` is done, and `deliver` has to follow.
    public let isInParts: Bool

    /// Of the gradients whose sums this host has after `exchange`, those that this rank is to update: with `SumPlacement.ownParts` of the
    /// node's parts. Where hosts have sums in parts otherwise, `deliver` says what to update.
    public let pieces: [Range<Int>]

    /// What this host has not sent yet in the compressed form `topK`, as long as the gradients; nil without.
    public var residual: UnsafeMutablePointer<Float>? { between?.feedback?.residual }

    /// The momentum of this host's gradients since they were sent, as long as they are and behind the residual; nil without.
    public var velocity: UnsafeMutablePointer<Float>? { between?.feedback?.velocity }

    /// How many floats residual and velocity are together.
    public var feedbackCount: Int {
        residual == nil ? 0 : ErrorFeedback.count(settings, gradientCount: gradientCount)
    }

    /// Where the gradients (and behind them the statistics) of a step's shard are to be written.
    public func buffer(for step: FoldStep) -> UnsafeMutablePointer<Float> {
        buffer(subtree: step.subtree, level: step.level)
    }

    /// Makes the additions that follow a shard. Those after a rank's last shard are made when its gradients are published.
    public func fold(after step: FoldStep) {
        guard step.additions > 0, step != foldSteps[foldSteps.count - 1] else { return }
        timeline?.begin(.reduce)
        add(step, 0..<gradientCount + statisticsCount)
        timeline?.begin(.other)
    }

    /// The additions after a shard, for some elements.
    func add(_ step: FoldStep, _ range: Range<Int>) {
        var level = step.level
        for _ in 0..<step.additions {
            lockstep_accumulate(
                buffer(subtree: step.subtree, level: level - 1) + range.lowerBound,
                buffer(subtree: step.subtree, level: level) + range.lowerBound, range.count)
            level -= 1
        }
    }

    /// The memory of a shard's record: this rank writes those of its shards; after `exchange` all can be read.
    public func record(_ shard: Int) -> UnsafeMutableRawPointer { records + shard * recordByteCount }

    /// The totals of gradients after `exchange`, of this rank's slice.
    ///
    /// Where no other host is to have them they are made in this rank's own memory: to write into another's would take the lines
    /// from that one's caches, twice in a step.
    public let sum: UnsafeMutablePointer<Float>

    /// The totals of all statistics after `exchange`.
    public var statisticsSum: UnsafeMutablePointer<Float> { total + gradientCount }

    /// The sum of the squares of all summed gradients, folded in chunk order.
    public func squareSum() -> Double {
        var sum = 0.0
        for chunk in 0..<gradientCount / Int(lockstep_chunk) { sum += squareSums[chunk] }
        return sum
    }

    /// The hash that node `node` told in this exchange. Meaningful where there are several nodes.
    public func hash(ofNode node: Int) -> UInt64 { between?.hashes[node] ?? parameterHash }

    /// Waits for the ranks that share this rank's memory.
    public func nodeBarrier() {
        timeline?.begin(.wait)
        barrier.wait()
        timeline?.begin(.other)
    }

    private func buffer(subtree: Int, level: Int) -> UnsafeMutablePointer<Float> {
        if level > 0 { return workBuffers[level] }
        guard let buffer = subtreeBuffers[subtree] else {
            brokenContract("TreeAllreduce: subtree \(subtree) is elsewhere")
        }
        return buffer
    }
}
