import LockstepAutograd
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks

/// Everything that a training run depends on, as a run file says it.
///
/// Two runs of the same configuration on the same kind of processor give the same bits, whatever the number of ranks.
public struct TrainingConfiguration: Sendable {
    /// The architecture of the network.
    public var model: any ModelComponent
    /// The data set, its splits, normalisation and augmentation.
    public var data: any DataComponent
    /// The number of samples of a step over all ranks.
    public var batch: Int
    /// The number of parts that a step's samples are cut into, and the largest number of ranks; nil for 8, or
    /// `batch` where that is less.
    public var shards: Int?
    /// The number of threads of a rank.
    public var threads: Int
    /// The type of weights and activations.
    public var precision: Precision
    /// The number of passes over the training data; nil when `maxSteps` alone ends the run.
    public var epochs: Int?
    /// The number of steps; whichever of this and `epochs` is first ends the run.
    public var maxSteps: Int?
    /// The rule of the update.
    public var optimizer: any OptimizerComponent
    /// The course of the learning rate.
    public var schedule: any ScheduleComponent
    /// The bound on the gradient.
    public var clip: GradientClipping
    /// The weight of the sum of absolute parameters in what is minimised.
    public var l1: Double
    /// The weight of half the sum of squared parameters in what is minimised.
    public var l2: Double
    /// What is learned; nil for what data and loss decide.
    public var task: (any TaskComponent)?
    /// The loss of a task with one output and one target; nil for the task's own.
    public var loss: (any LossComponent)?
    /// What phases of the task do otherwise than the whole run.
    public var phases: [PhaseConfiguration]
    /// The weights that a new run starts from; nil for random ones.
    public var initialize: InitializeConfiguration?
    /// The parameters that are not trained.
    public var freeze: FreezeConfiguration?
    /// The moving average of the parameters; nil for none.
    public var average: AverageConfiguration?
    /// When the validation split is evaluated.
    public var evaluate: EvaluationConfiguration
    /// When the run ends early; nil for never.
    public var earlyStopping: EarlyStoppingConfiguration?
    /// When checkpoints are written, and which are kept.
    public var checkpoint: CheckpointConfiguration
    /// The source of every random draw.
    public var seed: UInt64
    /// A line of the log is due after every this many steps.
    public var logEverySteps: Int
    /// The number of batches that the loader prepares ahead.
    public var prefetch: Int
    /// The number of threads of each rank that prepare batches.
    public var loaderThreads: Int
    /// The number of samples that are evaluated at once, of a text windows; never derived from ranks, for the bits of metrics
    /// depend on it. By default 500, and of a text so many that they have 4096 tokens.
    public var evaluationBlock: Int
    /// The run ends after this many seconds; nil for no limit.
    public var timeLimit: Double?
    /// How ranks exchange gradients.
    public var allreduce: AllreduceConfiguration
    /// Whether hosts update on their own, and average their parameters from time to time; nil to update together.
    public var localSGD: LocalSGDConfiguration?
    /// Whether every host keeps the optimizer's moments of its part of the parameters only, updates that part, and gets
    /// the others' from them: the same bits, less memory and less work for each host.
    public var shardOptimizer: Bool

    /// Makes a configuration; all but the first four have defaults.
    public init(
        model: any ModelComponent, data: any DataComponent, batch: Int, optimizer: any OptimizerComponent,
        shards: Int? = nil, threads: Int = 1, precision: Precision = .float32, epochs: Int? = nil,
        maxSteps: Int? = nil,
        schedule: any ScheduleComponent = ConstantSchedule(), clip: GradientClipping = .none, l1: Double = 0,
        l2: Double = 0,
        task: (any TaskComponent)? = nil, loss: (any LossComponent)? = nil,
        phases: [PhaseConfiguration] = [], initialize: InitializeConfiguration? = nil,
        freeze: FreezeConfiguration? = nil,
        average: AverageConfiguration? = nil, evaluate: EvaluationConfiguration = .init(),
        earlyStopping: EarlyStoppingConfiguration? = nil, checkpoint: CheckpointConfiguration = .init(),
        seed: UInt64 = 1, logEverySteps: Int = 10, prefetch: Int = 2, loaderThreads: Int = 1,
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
        self.l1 = l1
        self.l2 = l2
        self.task = task
        self.loss = loss
        self.phases = phases
        self.initialize = initialize
        self.freeze = freeze
        self.average = average
        self.evaluate = evaluate
        self.earlyStopping = earlyStopping
        self.checkpoint = checkpoint
        self.seed = seed
        self.logEverySteps = logEverySteps
        self.prefetch = prefetch
        self.loaderThreads = loaderThreads
        self.evaluationBlock = evaluationBlock ?? data.evaluationBlock
        self.timeLimit = timeLimit
        self.allreduce = allreduce
        self.localSGD = localSGD
        self.shardOptimizer = shardOptimizer
    }
}
