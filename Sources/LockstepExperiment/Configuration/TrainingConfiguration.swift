import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks
import LockstepTrackers

/// The configuration of a training run, as in a run file.
///
/// Two runs of the same configuration on the same kind of processor have the same bits, for any number of
/// ranks.
public struct TrainingConfiguration: Sendable {
    /// The architecture of the network.
    public var model: any ModelComponent
    /// The data set, its splits, normalization and augmentation.
    public var data: any DataComponent
    /// The number of samples of a step over all ranks.
    public var batch: Int
    /// The number of shards of a step, and the largest number of ranks; nil for 8, or `batch` if that is
    /// smaller.
    public var shards: Int?
    /// The number of threads of a rank.
    public var threads: Int
    /// The type of weights and activations.
    public var precision: Precision
    /// The number of epochs; nil if only `maxSteps` ends the run.
    public var epochs: Int?
    /// The number of steps; the run ends at the first of this and `epochs`.
    public var maxSteps: Int?
    /// The optimizer.
    public var optimizer: any OptimizerComponent
    /// The learning-rate schedule.
    public var schedule: any ScheduleComponent
    /// The gradient clipping.
    public var clip: GradientClipping
    /// The parameters that weight decay, `l1` and `l2` apply to.
    public var decay: DecayConfiguration
    /// The factor of L1 regularization: of the sum of absolute parameters in the loss.
    public var l1: Double
    /// The factor of L2 regularization: of half the sum of squared parameters in the loss.
    public var l2: Double
    /// The task; nil for the one that data and loss determine.
    public var task: (any TaskComponent)?
    /// The loss of a task with one output and one target; nil for the task's default.
    public var loss: (any LossComponent)?
    /// The settings of phases that differ from the run.
    public var phases: [PhaseConfiguration]
    /// The weights that a new run starts from; nil for random ones.
    public var initialize: InitializeConfiguration?
    /// The frozen parameters.
    public var freeze: FreezeConfiguration?
    /// The factors on the learning rate of parameters, by patterns of their names; the first that fits a name counts.
    public var learningRateFactors: [Named<Double>]
    /// The moving average of the parameters; nil for none.
    public var average: AverageConfiguration?
    /// When the validation split is evaluated.
    public var evaluate: EvaluationConfiguration
    /// When the run ends early; nil for never.
    public var earlyStopping: EarlyStoppingConfiguration?
    /// When checkpoints are written, and how many are kept.
    public var checkpoint: CheckpointConfiguration
    /// The seed of all random draws.
    public var seed: UInt64
    /// The interval of log lines in steps.
    public var logEverySteps: Int
    /// The formats of other programs that the run is logged in, besides its own files.
    public var trackers: [any TrackerComponent]
    /// The number of batches that the loader prepares ahead.
    public var prefetch: Int
    /// The number of threads of each rank that prepare batches.
    public var loaderThreads: Int
    /// The number of samples (for a text, windows) that are evaluated at once. It does not depend on ranks,
    /// since the bits of metrics depend on it. By default 500, for a text as many windows as have 4096
    /// tokens.
    public var evaluationBlock: Int
    /// The time limit in seconds; nil for none.
    public var timeLimit: Double?
    /// How ranks exchange gradients.
    public var allreduce: AllreduceConfiguration
    /// Local SGD; nil if hosts update together.
    public var localSGD: LocalSGDConfiguration?
    /// Whether each host keeps the optimizer's moments of only its part of the parameters, updates that part,
    /// and receives the others: the same bits, with less memory and work per host.
    public var shardOptimizer: Bool

    /// The factor on the learning rate of a parameter.
    package var learningRateFactor: @Sendable (String) -> Double {
        let factors = learningRateFactors.map { (pattern: ParameterPattern($0.name), number: $0.value) }
        return { name in factors.first { $0.pattern.fits(name) }?.number ?? 1 }
    }

    /// Whether the checkpoint of the best evaluation is written and kept.
    package var keepsBest: Bool { checkpoint.keepBest || earlyStopping?.restoreBest == true }

    /// Makes a configuration; all but the first four have defaults.
    public init(
        model: any ModelComponent, data: any DataComponent, batch: Int, optimizer: any OptimizerComponent,
        shards: Int? = nil, threads: Int = 1, precision: Precision = .float32, epochs: Int? = nil,
        maxSteps: Int? = nil,
        schedule: any ScheduleComponent = ConstantSchedule(), clip: GradientClipping = .none,
        decay: DecayConfiguration = .init(), l1: Double = 0, l2: Double = 0,
        task: (any TaskComponent)? = nil, loss: (any LossComponent)? = nil,
        phases: [PhaseConfiguration] = [], initialize: InitializeConfiguration? = nil,
        freeze: FreezeConfiguration? = nil, learningRateFactors: [Named<Double>] = [],
        average: AverageConfiguration? = nil, evaluate: EvaluationConfiguration = .init(),
        earlyStopping: EarlyStoppingConfiguration? = nil, checkpoint: CheckpointConfiguration = .init(),
        seed: UInt64 = 1, logEverySteps: Int = 10, trackers: [any TrackerComponent] = [], prefetch: Int = 2,
        loaderThreads: Int = 1,
        evaluationBlock: Int? = nil,
        timeLimit: Double? = nil, allreduce: AllreduceConfiguration = .init(),
        localSGD: LocalSGDConfiguration? = nil, shardOptimizer: Bool = false
    ) {
        self.model = model
        self.data = data
        self.batch = batch
        self.shards = shards
        self.threads = threads
        self.precision = precision
        self.epochs = epochs
        self.maxSteps = maxSteps
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip = clip
        self.decay = decay
        self.l1 = l1
        self.l2 = l2
        self.task = task
        self.loss = loss
        self.phases = phases
        self.initialize = initialize
        self.freeze = freeze
        self.learningRateFactors = learningRateFactors
        self.average = average
        self.evaluate = evaluate
        self.earlyStopping = earlyStopping
        self.checkpoint = checkpoint
        self.seed = seed
        self.logEverySteps = logEverySteps
        self.trackers = trackers
        self.prefetch = prefetch
        self.loaderThreads = loaderThreads
        self.evaluationBlock = evaluationBlock ?? data.evaluationBlock
        self.timeLimit = timeLimit
        self.allreduce = allreduce
        self.localSGD = localSGD
        self.shardOptimizer = shardOptimizer
    }
}
