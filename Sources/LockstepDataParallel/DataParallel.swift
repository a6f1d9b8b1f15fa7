import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers
import LockstepTensors
import LockstepTimeline

/// Synchronized data-parallel training: every rank computes the gradients of its shards, the reduction tree sums
/// them, and every rank updates its slice of the parameters that the host's ranks share.
///
/// The parameters, the optimizer's moments and the running statistics live in memory that all ranks of a host see.
/// One step is the same for any number of ranks to the last bit. Several phases may take turns, each with its own parameters and
/// optimizer (`UpdatePhase`).
public final class DataParallel {
    /// The settings that all phases share.
    public struct Configuration: Sendable {
        /// Into how many parts a step's batch is cut; at least the number of ranks.
        public var shards: Int
        /// How gradients are summed.
        public var allreduce: AllreduceSettings
        /// The type of weights and activations.
        public var precision: Precision
        /// How several hosts update the parameters.
        public var update: UpdateMode
        /// The moving average of parameters that is kept; nil for none.
        public var parameterAveraging: ParameterAveraging?

        /// A configuration.
        public init(
            shards: Int, allreduce: AllreduceSettings = AllreduceSettings(), precision: Precision = .float32,
            update: UpdateMode = .replicated, parameterAveraging: ParameterAveraging? = nil
        ) {
            self.shards = shards
            self.allreduce = allreduce
            self.precision = precision
            self.update = update
            self.parameterAveraging = parameterAveraging
        }
    }

    /// The parameters, bound to the shared memory.
    public let store: ParameterStore
    /// The number of updates of all phases so far: the number of the next step, from 0.
    public internal(set) var step = 0
    /// A number that changes whenever the parameters change: caches of reordered weights are refreshed by it.
    public internal(set) var parameterVersion: UInt64 = 1

    /// What each rank did in the last step before it waited for the others; the same on all ranks.
    public internal(set) var rankTimes: RankTimes

    /// Where the times of additions, waits and the update are noted; nil for nowhere.
    package var timeline: StepTimeline? {
        get { phases[0].allreduce.timeline }
        set { for phase in phases { phase.allreduce.timeline = newValue } }
    }

    /// Records this rank's phases for the other ranks' watchdogs in a custom training loop; a training run replaces it by its own.
    /// Nil without a watchdog.
    private let loopTimeline: StepTimeline?

    let communicator: Communicator
    let configuration: Configuration
    /// The channel of the exchanges between hosts.
    let channel: Int
    private(set) var assignment: PhaseAssignment
    /// The copy of the state for checkpoints; nil before the first.
    public internal(set) var snapshot: StateSnapshot?
    /// What this rank found after the last exchange, to be sent in the next.
    var pendingFlags: StepFlags = []
    /// The time that this shard's passes have waited for parameters and published gradients, in nanoseconds.
    var waited: UInt64 = 0
    /// For each phase, publishes gradients during backward of this rank's last shard; created once for an assignment, since a step
    /// allocates nothing.
    private var publish: [(Parameter) -> Void] = []

    /// Makes the shared memory and binds the parameters to it. Collective: every rank calls it.
    ///
    /// Contents are undefined until `initialize` or `Restored` state has been shared.
    /// - Parameter phases: at least one; what none of them trains is frozen.
    /// - Throws: `DataParallelError.tooManyRanks`, `.emptyPhase`, `.severalPhases`, `.layerwise`; `CollectiveError`.
    public init(
        communicator: Communicator, store: ParameterStore, phases: [UpdatePhase], configuration: Configuration
    ) throws {
        guard communicator.size <= configuration.shards else {
            throw DataParallelError.tooManyRanks(ranks: communicator.size, shards: configuration.shards)
        }
        guard phases.count == 1 || !configuration.allreduce.format.hasResidual else {
            throw DataParallelError.severalPhases("allreduce.compression: top_k")
        }
        if phases.contains(where: { $0.optimizer is any LayerwiseOptimizer }) {
            if configuration.update == .shardedOptimizer {
                throw DataParallelError.layerwise("shard_optimizer")
            }
            if configuration.allreduce.format.hasResidual {
                throw DataParallelError.layerwise("allreduce.compression: top_k")
            }
        }
        try PhaseAssignment.requireParameters(phases, of: store)
        loopTimeline = communicator.heartbeat.map { StepTimeline(heartbeat: $0) }
        self.communicator = communicator
        self.store = store
        self.configuration = configuration
        rankTimes = RankTimes(ranks: communicator.size)
        channel = communicator.takeChannel()
        do {
            assignment = try PhaseAssignment(
                phases, store: store, communicator: communicator, configuration: configuration,
                channel: channel)
        } catch {
            communicator.returnChannel(channel)
            throw error
        }
        use(assignment)
        timeline = loopTimeline
    }

    deinit { communicator.returnChannel(channel) }

    /// In the order of their numbers.
    var phases: [PhaseState] { assignment.phases }
    /// By the number of the phase.
    var strategies: [any UpdateStrategy] { assignment.strategies }
    var memory: TrainingMemory { assignment.memory }

    /// Binds the parameters to an assignment's memory.
    func use(_ next: PhaseAssignment) {
        assignment = next
        store.bind(
            parameters: memory.parameters, state: memory.state, rounded: memory.rounded,
            averages: memory.averages, roundedAverages: memory.roundedAverages)
        publish = phases.map { phase in
            { [unowned self] parameter in
                waited += phase.allreduce.publish(before: phase.readiness.mark(parameter))
            }
        }
    }

    /// The exchange of gradients and records: that of the first phase; the others have the same layout of ranks and shards.
    public var allreduce: TreeAllreduce { phases[0].allreduce }

    /// Whether moving averages of parameters are kept.
    public var hasAverages: Bool { memory.averages != nil }

    /// This rank's shards.
    public var shards: Range<Int> { allreduce.plan.block(of: communicator.rank) }

    /// The number of updates of each phase so far.
    public var updates: [Int] { phases.map(\.updates) }

    /// Makes one step: computes this rank's shards, sums over all ranks, updates.
    /// - Parameters:
    ///   - number: the phase of this step.
    ///   - learningRate: of this step.
    ///   - flags: this rank's flags, which all ranks receive.
    ///   - loadSeconds: how long this rank has waited for the step's data, for `rankTimes`.
    ///   - compute: runs forward and backward of one shard and returns its record; gradients (and statistics) have been
    ///     written to the pointers of its argument. An empty shard writes zeros. Parameters may still be on their way from
    ///     other hosts: its argument's tape waits for them (`ShardTask.begin`), or `ShardTask.waitForParameters`.
    ///     Afterwards they may be on their way again, until `synchronize`, which must also be called before this object is released.
    /// - Returns: the outcome, the same on all ranks. Nothing has been updated when it is not applied.
    /// - Throws: what `compute` throws; `DataParallelError`; `CollectiveError`.
    public func step(
        phase number: Int = 0, learningRate: Double, flags: StepFlags = [], loadSeconds: Double = 0,
        compute: (ShardTask) throws -> ShardRecord
    ) throws -> StepOutcome {
        let loop = timeline === loopTimeline ? loopTimeline : nil
        loop?.beginStep(step)
        // What a program does between steps is not measured.
        defer { loop?.heartbeat?.enter(.prepare) }
        let phase = phases[number]
        let allreduce = phase.allreduce
        for fold in allreduce.foldSteps {
            let buffer = allreduce.buffer(for: fold)
            let statistics = buffer + phase.range.count
            statistics.update(repeating: 0, count: store.statisticsCount)
            let task = ShardTask(
                shard: fold.shard, step: step, phase: number, parameterVersion: parameterVersion,
                trained: phase.range, gradients: buffer - phase.range.lowerBound, statistics: statistics,
                gate: isArriving ? self : nil, whenReady: whenReady(fold, number))
            waited = 0
            loop?.begin(.forward)
            let begin = StepTimeline.now
            var record = try compute(task)
            record.computeSeconds = Double(StepTimeline.now - begin - waited) * 1e-9
            loop?.begin(.other)
            record.loadSeconds = fold.shard == shards.lowerBound ? loadSeconds : 0
            record.flags.formUnion(flags)
            record.flags.formUnion(pendingFlags)
            // The last update has arrived completely by the end of backward.
            if memory.sliceFaults[memory.rank] != 0 { record.flags.insert(.nonFiniteParameters) }
            if !record.lossSum.isFinite { record.flags.insert(.nonFiniteLoss) }
            allreduce.record(fold.shard).storeBytes(of: record, as: ShardRecord.self)
            allreduce.fold(after: fold)
        }
        try finishUpdate()
        allreduce.parameterHash = isSynchronized ? hash : 0
        try allreduce.exchange()
        try checkHashes(number)
        return try finish(number, learningRate: learningRate)
    }

    /// Only the gradients of the last shard are final when backward has passed them.
    private func whenReady(_ fold: FoldStep, _ number: Int) -> ((Parameter) -> Void)? {
        let phase = phases[number]
        guard phase.allreduce.nodeCount > 1, fold.shard == shards.upperBound - 1 else { return nil }
        phase.readiness.reset()
        return publish[number]
    }

    /// The hash of all trained parameters after the last updates: the sum over the phases. A single host has one copy
    /// and nothing to compare: there it is computed on demand.
    public var parameterHash: UInt64 {
        if allreduce.nodeCount > 1 && isSynchronized { return hash }
        return phases.reduce(0) { sum, phase in
            sum &+ FlatBuffers.hash(memory.parameters + phase.range.lowerBound, 0..<phase.range.count)
        }
    }

    private var hash: UInt64 {
        var sum: UInt64 = 0
        for phase in phases { sum &+= phase.hash }
        return sum
    }

    /// Compares the hashes of all hosts' parameters, as they were before this step.
    private func checkHashes(_ number: Int) throws {
        let allreduce = phases[number].allreduce
        guard allreduce.nodeCount > 1 else { return }
        let first = allreduce.hash(ofNode: 0)
        var differs = false
        for node in 1..<allreduce.nodeCount where allreduce.hash(ofNode: node) != first { differs = true }
        guard differs else { return }
        try strategies[number].deliver(nil)
        try finishUpdate()
        throw DataParallelError.desynchronized(
            step: step, hosts: (1..<allreduce.nodeCount).filter { allreduce.hash(ofNode: $0) != first })
    }
}
