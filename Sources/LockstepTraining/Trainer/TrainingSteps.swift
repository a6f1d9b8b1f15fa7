import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// The steps of a run in order, for training and for measurements of training.
package final class TrainingSteps {
    private let data: TrainingData
    private let dataParallel: DataParallel
    private let computation: ShardComputation
    private let firstShard: Int
    private let timeline: StepTimeline?

    /// - Parameters:
    ///   - firstShard: the shard of a batch that is shard 0 of `dataParallel`; not 0 if a rank trains alone on its part.
    ///   - timeline: records the times of this thread.
    init(
        data: TrainingData, dataParallel: DataParallel, computation: ShardComputation, firstShard: Int = 0,
        timeline: StepTimeline? = nil
    ) {
        self.data = data
        self.dataParallel = dataParallel
        self.computation = computation
        self.firstShard = firstShard
        self.timeline = timeline
        dataParallel.timeline = timeline
    }

    /// The steps of a measurement.
    package convenience init(_ setup: TrainingSetup, timeline: StepTimeline? = nil) {
        let (configuration, data) = (setup.configuration, setup.data)
        self.init(
            data: data, dataParallel: setup.dataParallel,
            computation: ShardComputation(
                task: setup.task, store: setup.dataParallel.store, seed: configuration.seed,
                precision: configuration.precision, pool: StoragePool(), timeline: timeline),
            firstShard: setup.firstShard, timeline: timeline)
    }

    /// Observes the passes of the next steps, for measurements; nil in training.
    package var recorder: (any TapeRecorder)? {
        get { computation.tape.recorder }
        set { computation.tape.recorder = newValue }
    }

    /// One step: from data to update.
    /// - Parameters:
    ///   - phase: the number of the step's phase.
    ///   - flags: the flags of this rank.
    ///   - beforeShard: called before every shard.
    /// - Throws: errors of `beforeShard` and `DataParallel.step`, and errors in the data that an operation detects.
    package func next(
        phase: Int = 0, learningRate: Double, flags: StepFlags = [],
        beforeShard: ((DataParallel, FieldTensors) throws -> Void)? = nil
    ) throws -> StepOutcome {
        timeline?.beginStep(dataParallel.step)
        timeline?.begin(.load)
        let begin = StepTimeline.now
        let batch = try data.next()
        let loadSeconds = Double(StepTimeline.now - begin) * 1e-9
        timeline?.begin(.other)
        let outcome = try dataParallel.step(
            phase: phase, learningRate: learningRate, flags: flags, loadSeconds: loadSeconds
        ) { task in
            let shard = batch.shard(firstShard + task.shard)
            try beforeShard?(dataParallel, shard)
            return try computation.run(task, shard)
        }
        timeline?.begin(.load)
        data.release(batch)
        timeline?.begin(.other)
        return outcome
    }
}
