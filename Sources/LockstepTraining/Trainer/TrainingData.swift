import LockstepContracts
import LockstepDatasets
import LockstepExperiment
import LockstepModels
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// A run's data on this rank: the task, the sets, and the stream of batches.
package final class TrainingData {
    /// What is learned.
    package let task: LearningTask
    /// The validation split; empty without one.
    package let validation: EvaluationSplit
    /// The test set; empty without one.
    package let test: EvaluationSplit
    /// The prepared data.
    package let dataset: any Dataset
    /// The fields of a sample.
    package let schema: BatchSchema

    /// Where the times of the loader's first thread are noted; nil for nowhere. It counts from the next `start`.
    package var loaderTimeline: StepTimeline?

    /// Called on the loader's first thread before it prepares a step's batch, from the next `start` on.
    package var beforeBatch: (@Sendable (_ step: Int) -> Void)?

    /// What the training split decided about all samples.
    package private(set) lazy var constants = dataset.constants

    /// The fewest samples with which a shard can be computed. Takes effect at the next `start`.
    package var smallestShard = 1

    package let sampler: Sampler
    private let shards: Range<Int>
    private let shardCount: Int
    private let depth: Int
    private var loader: Loader?

    /// - Parameters:
    ///   - shards: those of this rank.
    package init(
        _ dataset: any Dataset, configuration: TrainingConfiguration, shards: Range<Int>,
        of shardCount: Int
    ) throws {
        self.dataset = dataset
        schema = dataset.schema
        task = try LearningTask(
            loss: configuration.loss, classes: schema.classes, outputs: schema.targetWidth,
            vocabulary: schema.vocabulary)
        validation = EvaluationSplit(dataset, .validation)
        test = EvaluationSplit(dataset, .test)
        sampler = Sampler(
            count: dataset.count(of: .training), batch: configuration.batch, seed: configuration.seed)
        self.shards = shards
        self.shardCount = shardCount
        depth = configuration.prefetch
    }

    /// The number of training samples of each class.
    package var classCounts: [Int] { dataset.classCounts }
    /// What a sample is, for the model.
    package var input: ModelInput { schema.modelInput }
    /// The number of tokens of a window of a text; nan for everything else.
    package var tokensPerSample: Double { schema.vocabulary == nil ? .nan : Double(schema.targetWidth) }
    /// What samples are called.
    package var samplesName: String { dataset.samplesName }
    /// The steps of an epoch.
    package var stepsPerEpoch: Int { sampler.stepsPerEpoch }

    /// Starts the stream at a step.
    /// - Throws: `ThreadError` when a thread of the loader cannot be started.
    package func start(at step: Int) throws {
        close()
        loader = try Loader(
            dataset, sampler: sampler, shards: shards, of: shardCount, smallest: smallestShard,
            from: step, depth: depth, timeline: loaderTimeline, beforeBatch: beforeBatch)
    }

    /// The next step's batch.
    package func next() throws -> StepBatch {
        guard let loader else { brokenContract("TrainingData: next before start") }
        return loader.next()
    }

    /// Gives a batch's memory back.
    package func release(_ batch: StepBatch) { loader?.release(batch) }

    /// The cursor after a number of steps.
    package func samplerState(step: Int) -> SamplerState { sampler.state(afterStep: step) }

    /// Starts the stream where a checkpoint was written.
    package func restore(_ state: SamplerState, step: Int) throws {
        guard state == sampler.state(afterStep: step) else {
            throw TrainingError.otherExperiment(
                key: "the place in the data", checkpoint: "\(state)",
                configuration: "\(sampler.state(afterStep: step))")
        }
        try start(at: step)
    }

    /// Ends the loader's first thread.
    package func close() {
        loader?.close()
        loader = nil
    }
}
