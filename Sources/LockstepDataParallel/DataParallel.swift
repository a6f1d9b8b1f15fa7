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

        /// A configuration; by default nothing is clipped or regularised.
        public init(
            shards: Int, clipping: GradientClipping = .none, l1: Double = 0, l2: Double = 0,
            allreduce: AllreduceSettings = AllreduceSettings(), precision: Precision = .float32
        ) {
            self.shards = shards
            self.clipping = clipping
            self.l1 = l1
            self.l2 = l2
            self.allreduce = allreduce
            self.precision = precision
        }
    }

    /// The parameters, bound to the shared memory.
    public let store: ParameterStore
    /// The exchange of gradients and records.
    public let allreduce: TreeAllreduce
    /// The number of updates so far: the number of the next step, from 0.
    public private(set) var step = 0
    /// A number that changes whenever the parameters change: caches of reordered weights are refreshed by it.
    public private(set) var parameterVersion: UInt64 = 1

    /// Where the times of additions, waits and the update are noted; nil for nowhere.
    package var timeline: StepTimeline? {
        get { allreduce.timeline }
        set { allreduce.timeline = newValue }
    }

    let communicator: Communicator
    let optimizer: any Optimizer
    let memory: TrainingMemory
    private let configuration: Configuration
    private let groups: [ParameterGroup]
    private let readiness: ReadyPrefix
    /// Publishes gradients during backward of this rank's last shard; made once, since a step allocates nothing.
    private lazy var publish: (Parameter) -> Void = { [unowned self] parameter in
        allreduce.publish(before: readiness.mark(parameter))
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
        let regions = TrainingMemory.regions(
            store: store, momentCount: optimizer.momentCount, localRanks: communicator.localSize,
            precision: configuration.precision)
        allreduce = try TreeAllreduce(
            communicator: communicator, shards: configuration.shards, gradientCount: store.flatCount,
            statisticsCount: store.statisticsCount, recordByteCount: MemoryLayout<ShardRecord>.stride,
            regions: regions, settings: configuration.allreduce)
        readiness = ReadyPrefix(store: store)
        memory = TrainingMemory(
            allreduce: allreduce, momentCount: optimizer.momentCount, precision: configuration.precision)
        store.bind(parameters: memory.parameters, state: memory.state, rounded: memory.rounded)
    }

    /// This rank's shards.
    public var shards: Range<Int> { allreduce.plan.block(of: communicator.rank) }

    /// Draws the initial parameters on one rank, and gives every host a copy. Collective.
    public func initialize(seed: UInt64) throws {
        if communicator.rank == 0 {
            store.initialize(seed: seed)
            for moment in memory.moments {
                moment.update(repeating: optimizer.initialMoment, count: store.flatCount)
            }
        }
        try shareState(step: 0)
    }

    /// Gives every host a copy of rank 0's parameters, moments and running statistics. Collective.
    /// - Parameter step: the number of updates that the state has seen.
    public func shareState(step: Int) throws {
        try communicator.barrier()
        if allreduce.groupCount > 1 {
            // Every rank takes part; ranks that share memory receive the same bytes into the same place one after the other.
            let buffers = [memory.parameters] + memory.moments
            for buffer in buffers {
                try communicator.broadcast(
                    UnsafeMutableRawBufferPointer(start: buffer, count: store.flatCount * 4))
            }
            try communicator.broadcast(
                UnsafeMutableRawBufferPointer(start: memory.state, count: max(64, store.stateByteCount)))
        }
        try communicator.barrier()
        self.step = step
        parameterVersion += 1
        if allreduce.groupRank == 0 { store.refreshRounded() }
        memory.sliceHashes[allreduce.groupRank] = FlatBuffers.hash(memory.parameters, allreduce.slice)
        allreduce.groupBarrier()
        allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
    }

    /// Makes one step: computes this rank's shards, sums over all ranks, updates.
    /// - Parameters:
    ///   - learningRate: of this step.
    ///   - flags: what this rank has to tell the others.
    ///   - compute: runs forward and backward of one shard and returns its record; gradients (and statistics) have been
    ///     written to the pointers of its argument. An empty shard writes zeros.
    /// - Returns: the outcome, the same on all ranks. Nothing has been updated when it is not applied.
    /// - Throws: what `compute` throws; `DataParallelError`; `CollectiveError`.
    public func step(
        learningRate: Double, flags: StepFlags = [], compute: (ShardTask) throws -> ShardRecord
    ) throws -> StepOutcome {
        for fold in allreduce.foldSteps {
            let buffer = allreduce.buffer(for: fold)
            let statistics = buffer + store.flatCount
            statistics.update(repeating: 0, count: store.statisticsCount)
            let task = ShardTask(
                shard: fold.shard, step: step, parameterVersion: parameterVersion, gradients: buffer,
                statistics: statistics, whenReady: whenReady(fold))
            var record = try compute(task)
            record.flags.formUnion(flags)
            if !record.lossSum.isFinite { record.flags.insert(.nonFiniteLoss) }
            allreduce.record(fold.shard).storeBytes(of: record, as: ShardRecord.self)
            allreduce.fold(after: fold)
        }
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

    private func finish(learningRate: Double) throws(DataParallelError) -> StepOutcome {
        timeline?.begin(.update)
        let total = ShardRecord.folded(0..<configuration.shards) { shard in
            allreduce.record(shard).load(as: ShardRecord.self)
        }
        guard total.weight > 0 || total.flags.contains(.nonFiniteLoss) else {
            throw .weightless(step: step)
        }
        let norm = allreduce.squareSum().squareRoot() / total.weight
        var outcome = StepOutcome(
            loss: total.lossSum / total.weight, lossSum: total.lossSum, weight: total.weight,
            metricSums: total.metricSums, samples: Int(total.samples), gradientNorm: norm, flags: total.flags,
            isApplied: norm.isFinite && !total.flags.contains(.nonFiniteLoss))
        // Every rank comes to the same decision from the same numbers.
        guard outcome.isApplied else {
            outcome.flags.insert(.nonFiniteLoss)
            allreduce.groupBarrier()
            return outcome
        }
        var update = UpdateStep(
            number: step + 1, learningRate: learningRate, gradientScale: 1 / total.weight,
            l1: configuration.l1,
            l2: configuration.l2)
        update.clipCoefficient = configuration.clipping.coefficient(norm: norm)
        update.clipValue = configuration.clipping.limit
        let buffers = memory.buffers(gradients: allreduce.sum)
        memory.sliceHashes[allreduce.groupRank] = optimizer.update(
            allreduce.slice, buffers, groups: groups, update, isHashed: allreduce.groupCount > 1)
        if allreduce.groupRank == 0 { store.updateStatistics(from: allreduce.sum + store.flatCount) }
        allreduce.groupBarrier()
        allreduce.parameterHash = memory.hash(ranks: allreduce.groupSize)
        step += 1
        parameterVersion += 1
        return outcome
    }

    /// The hash of all parameters as the last update left them. A single host has one copy, and nothing to compare: there it
    /// is computed when it is asked for.
    public var parameterHash: UInt64 {
        if allreduce.groupCount > 1 { return allreduce.parameterHash }
        return FlatBuffers.hash(memory.parameters, 0..<store.flatCount)
    }

    /// Compares the hashes of all hosts' parameters, as they were before this step.
    private func checkHashes() throws(DataParallelError) {
        guard allreduce.groupCount > 1 else { return }
        let first = allreduce.hash(ofGroup: 0)
        var differs = false
        for group in 1..<allreduce.groupCount where allreduce.hash(ofGroup: group) != first { differs = true }
        guard differs else { return }
        throw .desynchronized(
            step: step, hosts: (1..<allreduce.groupCount).filter { allreduce.hash(ofGroup: $0) != first })
    }
}
