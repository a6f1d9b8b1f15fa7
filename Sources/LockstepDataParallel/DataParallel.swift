import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers
import LockstepTensors
import LockstepTimeline

/// Synchronized data-parallel training: every rank computes the gradients of its shards, the reduction tree sums
/// them, and every rank updates its slice of the parameters that the host's ranks share.
///
/// The parameters, the optimizer's moments and the running statistics live in memory that all ranks of a host see.
/// One step is the same for any number of ranks to the last bit.
public final class DataParallel {
    /// What an update does to gradients besides the optimizer's own arithmetic.
    public struct Configuration: Sendable {
        /// Into how many parts a step's batch is cut; at least the number of ranks.
        public var shards: Int
        /// How large gradients are made smaller.
        public var clipping: GradientClipping
        /// The factor of L1 regularisation.
        public var l1: Double
        /// The factor of L2 regularisation.
        public var l2: Double
        /// How gradients are summed.
        public var allreduce: AllreduceSettings
        /// The type of weights and activations.
        public var precision: Precision
        /// After how many steps hosts average their parameters, which they update on their own in between (local SGD:
        /// Stich, "Local SGD Converges Fast and Communicates Little", 2019); nil to update together in every step.
        public var averagingInterval: Int?

        /// A configuration; by default nothing is clipped or regularised.
        public init(
            shards: Int, clipping: GradientClipping = .none, l1: Double = 0, l2: Double = 0,
            allreduce: AllreduceSettings = AllreduceSettings(), precision: Precision = .float32,
            averagingInterval: Int? = nil
        ) {
            self.shards = shards
            self.clipping = clipping
            self.l1 = l1
            self.l2 = l2
            self.allreduce = allreduce
            self.precision = precision
            self.averagingInterval = averagingInterval
            if averagingInterval != nil {
                // Hosts have parameters of their own: nobody could update a part for all.
                self.allreduce.isLocal = true
                self.allreduce.isScattered = false
            }
            self.allreduce.deliversLater = true
        }
    }

    /// The parameters, bound to the shared memory.
    public let store: ParameterStore
    /// The exchange of gradients and records.
    public let allreduce: TreeAllreduce
    /// The number of updates so far: the number of the next step, from 0.
    public internal(set) var step = 0
    /// A number that changes whenever the parameters change: caches of reordered weights are refreshed by it.
    public internal(set) var parameterVersion: UInt64 = 1

    /// What each rank did in the last step before it waited for the others; the same on all ranks.
    public internal(set) var rankTimes: RankTimes

    /// Where the times of additions, waits and the update are noted; nil for nowhere.
    package var timeline: StepTimeline? {
        get { allreduce.timeline }
        set { allreduce.timeline = newValue }
    }

    let communicator: Communicator
    let optimizer: any Optimizer
    let memory: TrainingMemory
    /// What rank 0 holds of other hosts while a checkpoint is read.
    var collected = CollectedState()
    /// The copy of the state for checkpoints; nil before the first.
    public internal(set) var snapshot: StateSnapshot?
    /// Whether all hosts have the same parameters: not between two averages of local SGD.
    package var isSynchronized = true
    /// Whether all hosts have the same moments as well.
    var areMomentsSynchronized = true
    /// What this rank found after the last exchange, to be told in the next.
    var pendingFlags: StepFlags = []
    let pieceOffsets: [Int]
    let configuration: Configuration
    let groups: [ParameterGroup]
    /// The update of this step while it is under way: what arrives from other hosts is updated by it. Nil where the step is
    /// not applied.
    var update: UpdateStep?
    /// Whether parameters may still be on their way.
    var isArriving = false
    /// What this shard's passes have spent on other hosts, waiting for their parameters and publishing gradients, in nanoseconds.
    var waited: UInt64 = 0
    /// Takes what arrives; made once, since a step allocates nothing.
    private(set) lazy var takeArrived: (Range<Int>, Range<Int>) -> Void = { [unowned self] segment, own in
        take(segment, own: own)
    }
    /// What hosts exchange in the place of gradients where they send a part of them only.
    let sparse: SparseMomentum?
    private let readiness: ReadyPrefix
    /// Publishes gradients during backward of this rank's last shard; made once, since a step allocates nothing.
    private lazy var publish: (Parameter) -> Void = { [unowned self] parameter in
        waited += allreduce.publish(before: readiness.mark(parameter))
    }

    /// Makes the shared memory and binds the parameters to it. Collective: every rank calls it.
    ///
    /// Contents are undefined until `initialize` or `Restored` state has been shared.
    /// - Throws: `DataParallelError.tooManyRanks`, `CollectiveError`.
    public init(
        communicator: Communicator, store: ParameterStore, optimizer: any Optimizer,
        configuration: Configuration
    ) throws {
        guard communicator.size <= configuration.shards else {
            throw DataParallelError.tooManyRanks(ranks: communicator.size, shards: configuration.shards)
        }
        store.layOut()
        self.communicator = communicator
        self.store = store
        self.optimizer = optimizer
        self.configuration = configuration
        groups = ParameterGroup.groups(of: store)
        rankTimes = RankTimes(ranks: communicator.size)
        let regions = TrainingMemory.regions(
            store: store, momentCount: optimizer.momentCount, localRanks: communicator.localSize,
            precision: configuration.precision)
        var settings = configuration.allreduce
        if settings.format.hasResidual, let momentum = optimizer.momentum {
            settings.hostMomentum = HostMomentum(
                decay: Float(momentum.decay), isNesterov: momentum.isNesterov)
        }
        allreduce = try TreeAllreduce(
            communicator: communicator, shards: configuration.shards, gradientCount: store.flatCount,
            statisticsCount: store.statisticsCount, recordByteCount: MemoryLayout<ShardRecord>.stride,
            regions: regions, settings: settings)
        sparse =
            allreduce.residual == nil ? nil : SparseMomentum(density: configuration.allreduce.format.density)
        readiness = ReadyPrefix(store: store)
        pieceOffsets = allreduce.pieceOffsets
        memory = TrainingMemory(
            allreduce: allreduce, momentCount: optimizer.momentCount, precision: configuration.precision)
        store.bind(parameters: memory.parameters, state: memory.state, rounded: memory.rounded)
    }

    /// This rank's shards.
    public var shards: Range<Int> { allreduce.plan.block(of: communicator.rank) }

    /// Makes one step: computes this rank's shards, sums over all ranks, updates.
    /// - Parameters:
    ///   - learningRate: of this step.
    ///   - flags: what this rank has to tell the others.
    ///   - loadSeconds: how long this rank has waited for the step's data, for `rankTimes`.
    ///   - compute: runs forward and backward of one shard and returns its record; gradients (and statistics) have been
    ///     written to the pointers of its argument. An empty shard writes zeros. Parameters may still be on their way from
    ///     other hosts: its argument's tape waits for them (`ShardTask.begin`), or `ShardTask.waitForParameters`.
    ///     Afterwards they may be on their way again, until `synchronize`, which must also be called before this object goes.
    /// - Returns: the outcome, the same on all ranks. Nothing has been updated when it is not applied.
    /// - Throws: what `compute` throws; `DataParallelError`; `CollectiveError`.
    public func step(
        learningRate: Double, flags: StepFlags = [], loadSeconds: Double = 0,
        compute: (ShardTask) throws -> ShardRecord
    ) throws -> StepOutcome {
        for fold in allreduce.foldSteps {
            let buffer = allreduce.buffer(for: fold)
            let statistics = buffer + store.flatCount
            statistics.update(repeating: 0, count: store.statisticsCount)
            let task = ShardTask(
                shard: fold.shard, step: step, parameterVersion: parameterVersion, gradients: buffer,
                statistics: statistics, gate: isArriving ? self : nil, whenReady: whenReady(fold))
            waited = 0
            let begin = StepTimeline.now
            var record = try compute(task)
            record.computeSeconds = Double(StepTimeline.now - begin - waited) * 1e-9
            record.loadSeconds = fold.shard == shards.lowerBound ? loadSeconds : 0
            record.flags.formUnion(flags)
            record.flags.formUnion(pendingFlags)
            // What arrived of the last update has done so by the end of backward.
            if memory.sliceFaults[allreduce.groupRank] != 0 { record.flags.insert(.nonFiniteParameters) }
            if !record.lossSum.isFinite { record.flags.insert(.nonFiniteLoss) }
            allreduce.record(fold.shard).storeBytes(of: record, as: ShardRecord.self)
            allreduce.fold(after: fold)
        }
        try finishUpdate()
        try allreduce.exchange()
        try checkHashes()
        return try finish(learningRate: learningRate)
    }

    /// Only the gradients of the last shard are final when backward has passed them.
    private func whenReady(_ fold: FoldStep) -> ((Parameter) -> Void)? {
        guard allreduce.groupCount > 1, fold.shard == shards.upperBound - 1 else { return nil }
        readiness.reset()
        return publish
    }

    /// The hash of all parameters as the last update left them. A single host has one copy, and nothing to compare: there it
    /// is computed when it is asked for.
    public var parameterHash: UInt64 {
        if allreduce.groupCount > 1 && isSynchronized { return allreduce.parameterHash }
        return FlatBuffers.hash(memory.parameters, 0..<store.flatCount)
    }

    /// Compares the hashes of all hosts' parameters, as they were before this step.
    private func checkHashes() throws {
        guard allreduce.groupCount > 1 else { return }
        let first = allreduce.hash(ofGroup: 0)
        var differs = false
        for group in 1..<allreduce.groupCount where allreduce.hash(ofGroup: group) != first { differs = true }
        guard differs else { return }
        update = nil
        try deliver()
        try finishUpdate()
        throw DataParallelError.desynchronized(
            step: step, hosts: (1..<allreduce.groupCount).filter { allreduce.hash(ofGroup: $0) != first })
    }
}
