import LockstepContracts
import LockstepDatasets
import LockstepExperiment
import LockstepTasks
import LockstepTimeline

/// A run's data on this rank: the sets, and the stream of batches.
package final class TrainingData {
    /// The validation split; empty without one.
    package let validation: EvaluationSplit
    /// The test set; empty without one.
    package let test: EvaluationSplit
    /// The data.
    package let dataset: any Dataset

    /// Records the times of the loader's first thread; nil for no record. Takes effect at the next `start`.
    package var loaderTimeline: StepTimeline?

    /// Called on a thread of the loader before it prepares a step's batch. Takes effect at the next `start`.
    package var beforeBatch: (@Sendable (_ step: Int) -> Void)?

    /// The minimum number of samples in a shard. Takes effect at the next `start`.
    package var smallestShard = 1

    package let sampler: Sampler
    private let shards: Range<Int>
    private let shardCount: Int
    private let depth: Int
    private let threads: Int
    private var loader: Loader?

    /// - Parameters:
    ///   - shards: the shards of this rank.
    /// - Throws: `TrainingError` if there are no training samples.
    package init(
        _ dataset: any Dataset, configuration: TrainingConfiguration, shards: Range<Int>, of shardCount: Int
    ) throws {
        guard dataset.count(of: .training) > 0 else {
            throw TrainingError.model(
                "data: there are no training \(dataset.samplesName); check the keys of the data, "
                    + "and the count of a data set of your own")
        }
        self.dataset = dataset
        validation = EvaluationSplit(dataset, .validation)
        test = EvaluationSplit(dataset, .test)
        sampler = Sampler(
            count: dataset.count(of: .training), batch: configuration.batch, seed: configuration.seed)
        self.shards = shards
        self.shardCount = shardCount
        depth = configuration.prefetch
        threads = configuration.loaderThreads
    }

    /// What samples are called, in the plural.
    package var samplesName: String { dataset.samplesName }
    /// The number of classes of the target; nil if there is no target of one class for each sample.
    package var classes: Int? {
        dataset.schema.fields.first { $0.role == .target && $0.type == .int32 && $0.shape.rank == 0 }?.classes
    }
    /// The number of steps in an epoch.
    package var stepsPerEpoch: Int { sampler.stepsPerEpoch }

    /// Starts the stream at a step.
    /// - Throws: `ThreadError` if the loader's thread cannot be started.
    package func start(at step: Int) throws {
        close()
        loader = try Loader(
            dataset, sampler: sampler, shards: shards, of: shardCount, smallest: smallestShard,
            from: step, depth: depth, threads: threads, timeline: loaderTimeline, beforeBatch: beforeBatch)
    }

    /// The next step's batch.
    /// - Throws: the error of writing samples.
    package func next() throws -> StepBatch {
        guard let loader else { brokenContract("TrainingData: next called before start") }
        let batch = loader.next()
        if let failure = dataset.failure { throw failure }
        return batch
    }

    /// Returns a batch's memory to the loader.
    package func release(_ batch: StepBatch) { loader?.release(batch) }

    /// The cursor after a number of steps.
    package func samplerState(step: Int) -> SamplerState { sampler.state(afterStep: step) }

    /// Starts the stream where a checkpoint was written.
    package func restore(_ state: SamplerState, step: Int) throws {
        guard state == sampler.state(afterStep: step) else {
            throw TrainingError.otherExperiment(
                key: "the position in the data", checkpoint: "\(state)",
                configuration: "\(sampler.state(afterStep: step))")
        }
        try start(at: step)
    }

    /// Ends the loader's thread.
    package func close() {
        loader?.close()
        loader = nil
    }
}
