import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers
import LockstepTensors
import LockstepTimeline

/// Synchronized data-parallel training: every rank computes the gradients of its shards, the reduction tree
/// sums them, and every rank updates its slice of the parameters, which the ranks of a host share.
///
/// Parameters, moments and running statistics are in memory that all ranks of a host share. A step has the
/// same bits for any number of ranks. Several phases may take turns, each with its parameters and optimizer
/// (`UpdatePhase`).
public final class DataParallel {
    /// The settings of all phases.
    public struct Configuration: Sendable {
        /// The number of parts of a step's batch; at least the number of ranks.
        public var shards: Int
        /// How gradients are summed.
        public var allreduce: AllreduceSettings
        /// The type of weights and activations.
        public var precision: Precision
        /// How several hosts update the parameters.
        public var update: UpdateMode
        /// The moving average of parameters; nil for none.
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
    /// Changes whenever the parameters change, so that caches of reordered weights are refreshed.
    public internal(set) var parameterVersion: UInt64 = 1

    /// The times of each rank in the last step before it waited for the others; equal on all ranks.
    public internal(set) var rankTimes: RankTimes

    /// Records the times of additions, waits and the update; nil for none.
    package var timeline: StepTimeline? {
        get { phases[0].allreduce.timeline }
        set { for phase in phases { phase.allreduce.timeline = newValue } }
    }

    /// Records this rank's phases for the watchdogs of other ranks in a custom training loop; a training run
    /// sets another timeline. Nil without a watchdog.
    private let loopTimeline: StepTimeline?

    let communicator: Communicator
    let configuration: Configuration
    /// The channel of the exchanges between hosts.
    let channel: Int
    private(set) var assignment: PhaseAssignment
    /// The copy of the state for checkpoints; nil before the first.
    public internal(set) var snapshot: StateSnapshot?
    /// The flags that this rank raised after the last exchange, to be sent in the next.
    var pendingFlags: StepFlags = []
    /// The time for which this shard's passes waited for parameters and published gradients, in nanoseconds.
    var waited: UInt64 = 0
    /// Publishes gradients during backward of this rank's last shard, by phase; created once per assignment,
    /// since a step does not allocate.
    private var publish: [(Parameter) -> Void] = []

    /// Sees the passes of steps on a single host: for measurements; nil in training.
    package var observer: (any PassObserver)? {
        didSet { observed = observer.map { observer in { observer.finish($0) } } }
    }
    private var observed: ((Parameter) -> Void)?

    /// Allocates the shared memory and binds the parameters to it. Collective.
    ///
    /// Contents are undefined until `initialize` or `Restored` state has been shared.
    /// - Parameter phases: at least one; parameters that none of them trains are frozen.
    /// - Throws: `DataParallelError.tooManyRanks`, `.emptyPhase`, `.severalPhases`, `.layerwise`, `.sparse`;
    ///   `CollectiveError`.
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
        try configuration.requireSupport(ofSparseTablesIn: store, phases)
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

    /// The phases, in the order of their numbers.
    var phases: [PhaseState] { assignment.phases }
    /// The update strategy of each phase.
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

    /// The exchange of gradients and records of the first phase; other phases have the same layout of ranks
    /// and shards.
    public var allreduce: TreeAllreduce { phases[0].allreduce }

    /// Whether there are moving averages of parameters.
    public var hasAverages: Bool { memory.averages != nil }

    /// This rank's shards.
    public var shards: Range<Int> { allreduce.plan.block(of: communicator.rank) }

    /// The number of updates of each phase so far.
    public var updates: [Int] { phases.map(\.updates) }

    /// Performs one step: computes this rank's shards, sums over all ranks, updates.
    /// - Parameters:
    ///   - number: the phase of this step.
    ///   - learningRate: the learning rate of this step.
    ///   - flags: this rank's flags, which all ranks receive.
    ///   - loadSeconds: the time for which this rank waited for the step's data, for `rankTimes`.
    ///   - compute: runs forward and backward of one shard, writes gradients (and statistics) to the pointers
    ///     of its argument, and returns the shard's record. An empty shard writes zeros. Parameters may still
    ///     be in transit from other hosts: a tape started by `ShardTask.begin` waits for them, as does
    ///     `ShardTask.waitForParameters`. After the step they may be in transit again until `synchronize`,
    ///     which must also be called before this object is released.
    /// - Returns: the outcome, the same on all ranks. If it is not applied, nothing was updated.
    /// - Throws: what `compute` throws; `DataParallelError`; `CollectiveError`.
    public func step(
        phase number: Int = 0, learningRate: Double, flags: StepFlags = [], loadSeconds: Double = 0,
        compute: (ShardTask) throws -> ShardRecord
    ) throws -> StepOutcome {
        let loop = timeline === loopTimeline ? loopTimeline : nil
        loop?.beginStep(step)
        // Time between steps is not measured.
        defer { loop?.heartbeat?.enter(.prepare) }
        let phase = phases[number]
        let allreduce = phase.allreduce
        for fold in allreduce.foldSteps {
            let buffer = allreduce.buffer(for: fold)
            let statistics = buffer + phase.range.count
            statistics.update(repeating: 0, count: store.statisticsCount)
            let task = ShardTask(
                shard: fold.shard, step: step, phase: number, parameterVersion: parameterVersion,
                trained: phase.range, gradients: buffer - phase.range.lowerBound,
                sparseGradients: phase.tables?.gradients, statistics: statistics,
                gate: isArriving ? self : observer, whenReady: whenReady(fold, number) ?? observed)
            phase.tables?.begin()
            waited = 0
            loop?.begin(.forward)
            let begin = StepTimeline.now
            var record = try compute(task)
            record.computeSeconds = Double(StepTimeline.now - begin - waited) * 1e-9
            loop?.begin(.other)
            record.loadSeconds = fold.shard == shards.lowerBound ? loadSeconds : 0
            record.flags.formUnion(flags)
            record.flags.formUnion(pendingFlags)
            // The last update is complete by the end of backward.
            if memory.sliceFaults[memory.rank] != 0 { record.flags.insert(.nonFiniteParameters) }
            if !record.lossSum.isFinite { record.flags.insert(.nonFiniteLoss) }
            allreduce.record(fold.shard).storeBytes(of: record, as: ShardRecord.self)
            allreduce.fold(after: fold)
            guard let tables = phase.tables else { continue }
            timeline?.begin(.reduce)
            tables.fold(after: fold)
            timeline?.begin(.other)
        }
        try finishUpdate()
        allreduce.parameterHash = isSynchronized ? hash : 0
        try exchangeRows(phase)
        try allreduce.exchange()
        try checkHashes(number)
        return try finish(number, learningRate: learningRate)
    }

    /// Sums the rows of sparse tables.
    private func exchangeRows(_ phase: PhaseState) throws {
        guard let tables = phase.tables else { return }
        timeline?.begin(.reduce)
        tables.pack()
        timeline?.begin(.wait)
        try tables.exchange()
        timeline?.begin(.reduce)
        tables.sum()
    }

    /// Backward makes gradients final only in the last shard.
    private func whenReady(_ fold: FoldStep, _ number: Int) -> ((Parameter) -> Void)? {
        let phase = phases[number]
        guard phase.allreduce.nodeCount > 1, fold.shard == shards.upperBound - 1 else { return nil }
        phase.readiness.reset()
        return publish[number]
    }

    /// The hash of all trained parameters after the last updates: the sum over the phases. On a single host
    /// it is computed on demand, since there is no copy to compare.
    public var parameterHash: UInt64 {
        if allreduce.nodeCount > 1 && isSynchronized { return hash }
        return phases.reduce(0) { sum, phase in
            [phase.range, phase.tables?.range ?? 0..<0].reduce(sum) {
                $0 &+ FlatBuffers.hash(memory.parameters + $1.lowerBound, 0..<$1.count)
            }
        }
    }

    private var hash: UInt64 {
        var sum: UInt64 = 0
        for phase in phases { sum &+= phase.hash }
        return sum
    }

    /// Compares the hashes of all hosts' parameters from before this step.
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
