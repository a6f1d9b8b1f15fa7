import CKernels
import LockstepContracts
import LockstepTimeline

/// The sum of all shards' gradients, in the order of one fixed tree, for any number of ranks.
///
/// The ranks of a host keep their gradients in shared memory: each finishes the tree for its slice in one
/// pass, in place. Between hosts (and between ranks without shared memory) the same tree runs over messages,
/// bucket by bucket, during the backward pass. Besides gradients a step exchanges one record per shard and
/// one 64-bit hash per host.
///
/// Layout of a rank's gradients: `gradientCount` floats, then `statisticsCount` floats that are summed alike
/// but not squared.
public final class TreeAllreduce {
    /// Which rank sums which subtree.
    public let plan: ReductionPlan
    /// The number of gradients; a multiple of 4,096.
    public let gradientCount: Int
    /// The number of statistics behind them.
    public let statisticsCount: Int
    /// The gradients that this rank squares and updates. Ends at chunk borders.
    public let slice: Range<Int>
    /// This rank's shards in the order of computation, with the additions that follow each.
    public let foldSteps: [FoldStep]
    /// Why the ranks of this host do not share memory; nil if they do, or if there is only one.
    public let refusal: SegmentRefusal?
    /// The settings of the sums, those that were chosen by measurement included.
    public let settings: AllreduceSettings
    /// How they were chosen.
    package let choice: ExchangeChoice
    /// This rank's number on its node.
    public let nodeRank: Int
    /// The number of ranks on this node.
    public let nodeSize: Int
    /// The number of this rank's node.
    public let nodeNumber: Int
    /// The number of nodes: hosts, or ranks where memory is not shared.
    public let nodeCount: Int

    /// The hash of this node's parameters, sent to the other nodes in the next exchange.
    public var parameterHash: UInt64 = 0

    /// Records the times of additions and waits; nil for none.
    package var timeline: StepTimeline?

    let barrier: HostBarrier
    let records: UnsafeMutableRawPointer
    let recordByteCount: Int
    let squareSums: UnsafeMutablePointer<Double>
    /// The node's sums, in the memory of its first subtree.
    let total: UnsafeMutablePointer<Float>
    let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    let program: UnsafeMutablePointer<Int32>
    let statisticsSlice: Range<Int>
    /// The exchange between nodes; nil for one node.
    let between: BetweenNodes?
    /// The end of the gradients that this rank has published in this step.
    var published = 0

    private let segment: SharedSegment
    /// The buffer of each subtree in this rank's address space; nil for subtrees of other nodes.
    private let subtreeBuffers: [UnsafeMutablePointer<Float>?]
    private let workBuffers: [UnsafeMutablePointer<Float>]
    private let workMemory: SharedSegment

    /// Allocates the buffers. Collective: all ranks call it with equal arguments.
    /// - Parameters:
    ///   - regions: further memory that the ranks of a host share.
    ///   - channel: separates this object's messages between nodes from others (`Communicator.takeChannel`).
    ///     Exchanges of one channel must not overlap.
    public init(
        communicator: Communicator, shards: Int, gradientCount: Int, statisticsCount: Int,
        recordByteCount: Int, regions: [SharedRegion], settings: AllreduceSettings = AllreduceSettings(),
        channel: Int = 0
    ) throws(CollectiveError) {
        contract(gradientCount % Int(lockstep_chunk) == 0, "TreeAllreduce: \(gradientCount) gradients")
        let plan = ReductionPlan(shards: shards, ranks: communicator.size)
        let elementCount = gradientCount + statisticsCount
        let chunks = gradientCount / Int(lockstep_chunk)
        func allRegions(_ layout: NodeLayout, _ settings: AllreduceSettings) -> [SharedRegion] {
            let ranks = layout.nodes[layout.mine]
            let subtrees = plan.subtrees.indices.filter { ranks.contains(plan.rankOfSubtree[$0]) }
            let buckets = BucketPlan(
                gradientCount: gradientCount, statisticsCount: statisticsCount, layout: layout,
                tuning: settings.tuning)
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

        func choose(_ layout: NodeLayout) throws(CollectiveError) -> ExchangeChoice {
            try ExchangeChoice.make(
                settings, communicator: communicator, layout: layout, channel: channel,
                gradientCount: gradientCount, statisticsCount: statisticsCount, shards: shards,
                recordByteCount: recordByteCount)
        }

        var layout = NodeLayout(communicator: communicator, isShared: settings.sharedMemory == .allowed)
        var choice = try choose(layout)
        var refusal: SegmentRefusal?
        var segment: SharedSegment?
        if communicator.size > 1 && communicator.hostCount < communicator.size {
            if settings.sharedMemory == .refused {
                refusal = SegmentRefusal(rank: -1, byteCount: 0, reason: "the configuration refuses it")
            } else {
                switch try SharedSegment.make(
                    allRegions(layout, choice.settings), communicator: communicator)
                {
                case .success(let shared): segment = shared
                case .failure(let reason):
                    refusal = reason
                    layout = NodeLayout(communicator: communicator, isShared: false)
                    choice = try choose(layout)
                }
            }
        }
        let memory: SharedSegment
        if let segment {
            memory = segment
        } else {
            memory = try SharedSegment(privateRegions: allRegions(layout, choice.settings))
        }

        let settings = choice.settings
        self.choice = choice
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
        // One rank sums all statistics, which are few.
        statisticsSlice = layout.localRank == 0 ? gradientCount..<elementCount : elementCount..<elementCount
        between =
            layout.nodes.count == 1
            ? nil
            : try BetweenNodes(
                communicator: communicator, layout: layout, plan: plan, settings: settings,
                buckets: BucketPlan(
                    gradientCount: gradientCount, statisticsCount: statisticsCount, layout: layout,
                    tuning: settings.tuning),
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
        between?.end()
        sources.deallocate()
        program.deallocate()
    }

    /// The memory of a region.
    public func region(_ name: String) -> UnsafeMutableRawPointer { segment.region(name) }

    /// Whether hosts hold only the sums of their parts after `exchange`, so that `deliver` must follow.
    public let isInParts: Bool

    /// The gradients that this rank updates, among those whose sums this host has after `exchange`; with
    /// `SumPlacement.ownParts` within the node's parts. With `SumPlacement.arriving` in parts, `deliver`
    /// reports what to update.
    public let pieces: [Range<Int>]

    /// The residual of this host in the compressed format `topK`, as long as the gradients; nil in other
    /// formats.
    public var residual: UnsafeMutablePointer<Float>? { between?.feedback?.residual }

    /// The velocity of this host's gradients since they were sent, behind the residual and of the same
    /// length; nil without momentum.
    public var velocity: UnsafeMutablePointer<Float>? { between?.feedback?.velocity }

    /// The number of floats of residual and velocity together.
    public var feedbackCount: Int {
        residual == nil ? 0 : ErrorFeedback.count(settings, gradientCount: gradientCount)
    }

    /// The buffer for the gradients of a step's shard, followed by its statistics.
    public func buffer(for step: FoldStep) -> UnsafeMutablePointer<Float> {
        buffer(subtree: step.subtree, level: step.level)
    }

    /// Makes the additions that follow a shard. Those of a rank's last shard are made when its gradients are
    /// published.
    public func fold(after step: FoldStep) {
        guard step.additions > 0, step != foldSteps[foldSteps.count - 1] else { return }
        timeline?.begin(.reduce)
        add(step, 0..<gradientCount + statisticsCount)
        timeline?.begin(.other)
    }

    /// Makes the additions after a shard for a range of elements.
    func add(_ step: FoldStep, _ range: Range<Int>) {
        var level = step.level
        for _ in 0..<step.additions {
            lockstep_accumulate(
                buffer(subtree: step.subtree, level: level - 1) + range.lowerBound,
                buffer(subtree: step.subtree, level: level) + range.lowerBound, range.count)
            level -= 1
        }
    }

    /// The memory of a shard's record: this rank writes those of its shards, and after `exchange` reads all.
    public func record(_ shard: Int) -> UnsafeMutableRawPointer { records + shard * recordByteCount }

    /// The totals of the gradients of this rank's slice, after `exchange`.
    ///
    /// On a single host they are in this rank's memory: writing to another rank's memory would take the cache
    /// lines from that rank, twice per step.
    public let sum: UnsafeMutablePointer<Float>

    /// The totals of all statistics after `exchange`.
    public var statisticsSum: UnsafeMutablePointer<Float> { total + gradientCount }

    /// The sum of the squares of all summed gradients, added in chunk order.
    public func squareSum() -> Double {
        var sum = 0.0
        for chunk in 0..<gradientCount / Int(lockstep_chunk) { sum += squareSums[chunk] }
        return sum
    }

    /// The hash that node `node` sent in this exchange; meaningful with several nodes.
    public func hash(ofNode node: Int) -> UInt64 { between?.hashes[node] ?? parameterHash }

    /// The number of ranks of each node that send messages, and the bytes of a bucket; 0 on one node.
    package var sizes: (lanes: Int, bucketByteCount: Int) {
        (between?.buckets.lanes ?? 0, (between?.buckets.length ?? 0) * MemoryLayout<Float>.stride)
    }

    /// The messages that this rank has sent to other nodes in all steps so far.
    package var traffic: MessageTraffic { between?.traffic ?? MessageTraffic() }

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
