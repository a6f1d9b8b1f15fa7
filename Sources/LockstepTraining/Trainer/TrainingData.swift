import LockstepContracts
import LockstepDatasets
import LockstepModels
import LockstepTensors
import LockstepTimeline

/// A run's data on this rank: the task, the sets, and the stream of batches.
final class TrainingData {
    /// What is learned.
    let task: LearningTask
    /// The validation split; empty without one.
    let validation: EvaluationSplit
    /// The test set; empty without one.
    let test: EvaluationSplit
    /// The prepared data.
    let dataset: PreparedDataset

    /// Where the times of the loader's thread are noted; nil for nowhere. It counts from the next `start`.
    var loaderTimeline: StepTimeline?

    /// Called on the loader's thread before it prepares a step's batch, from the next `start` on.
    var beforeBatch: (@Sendable (_ step: Int) -> Void)?

    /// The bytes that the training part of a text has, in order; empty for everything else.
    private(set) lazy var bytes = dataset.trainingBytes.sorted()

    /// What the training split decided about all samples; nil for a text.
    private(set) lazy var constants = dataset.constants

    /// The fewest samples with which a shard can be computed. Takes effect at the next `start`.
    var smallestShard = 1

    let sampler: Sampler
    private let shards: Range<Int>
    private let shardCount: Int
    private let depth: Int
    private var loader: Loader?

    /// - Parameters:
    ///   - shards: those of this rank.
    init(
        _ dataset: PreparedDataset, configuration: TrainingConfiguration, shards: Range<Int>,
        of shardCount: Int
    ) throws {
        self.dataset = dataset
        task = try LearningTask(
            loss: configuration.loss, classes: dataset.classes, outputs: dataset.targetWidth,
            vocabulary: dataset.vocabulary)
        validation = EvaluationSplit(dataset, .validation, stride: configuration.evaluate.stride)
        test = EvaluationSplit(dataset, .test)
        sampler = Sampler(
            count: dataset.count(.training), batch: configuration.batch, seed: configuration.seed)
        self.shards = shards
        self.shardCount = shardCount
        depth = configuration.prefetch
    }

    /// The number of training samples of each class.
    var classCounts: [Int] { dataset.classCounts }
    /// What a sample is, for the model.
    var input: ModelInput { dataset.modelInput }
    /// The number of tokens of a window of a text; nan for everything else.
    var tokensPerSample: Double { dataset.windows.map { Double($0.context) } ?? .nan }
    /// What samples are called.
    var samplesName: String { dataset.samplesName }
    /// The steps of an epoch.
    var stepsPerEpoch: Int { sampler.stepsPerEpoch }

    /// Starts the stream at a step.
    /// - Throws: `ThreadError` when the loader's thread cannot be started.
    func start(at step: Int) throws {
        close()
        loader = try Loader(
            dataset, sampler: sampler, shards: shards, of: shardCount, smallest: smallestShard,
            from: step, depth: depth, timeline: loaderTimeline, beforeBatch: beforeBatch)
    }

    /// The next step's batch.
    func next() throws -> StepBatch {
        guard let loader else { brokenContract("TrainingData: next before start") }
        return loader.next()
    }

    /// Gives a batch's memory back.
    func release(_ batch: StepBatch) { loader?.release(batch) }

    /// The cursor after a number of steps.
    func samplerState(step: Int) -> SamplerState { sampler.state(afterStep: step) }

    /// Starts the stream where a checkpoint was written.
    func restore(_ state: SamplerState, step: Int) throws {
        guard state == sampler.state(afterStep: step) else {
            throw TrainingError.otherExperiment(
                key: "the place in the data", checkpoint: "\(state)",
                configuration: "\(sampler.state(afterStep: step))")
        }
        try start(at: step)
    }

    /// Ends the loader's thread.
    func close() {
        loader?.close()
        loader = nil
    }
}

extension PreparedDataset {
    /// What a sample is, for the model.
    var modelInput: ModelInput {
        guard let windows, let vocabulary else { return .numbers(sampleShape) }
        return .tokens(vocabulary: vocabulary, context: windows.context)
    }

    /// What samples are called: of a text they are windows.
    var samplesName: String { windows == nil ? "samples" : "windows" }

    /// The number of different tokens of a text; nil for everything else.
    var vocabulary: Int? { windows == nil ? nil : TextPreparation.vocabulary }
}
