import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// Forward and backward of one shard: the part of a step without communication.
final class ShardComputation {
    private let task: any LearningTask
    private let store: ParameterStore
    private let seed: UInt64
    let tape: Tape
    private let timeline: StepTimeline?
    private var batch: Batch?

    /// - Parameter timeline: records the times of forward and backward.
    init(
        task: any LearningTask, store: ParameterStore, seed: UInt64, precision: Precision, pool: StoragePool,
        timeline: StepTimeline? = nil
    ) {
        self.timeline = timeline
        self.task = task
        self.store = store
        self.seed = seed
        tape = Tape(pool: pool, precision: precision)
    }

    /// Computes a shard's gradients and its record.
    /// - Parameter samples: the shard's samples; may be empty.
    /// - Throws: errors in the data that the task or an operation detects.
    func run(_ shard: ShardTask, _ samples: FieldTensors) throws -> ShardRecord {
        timeline?.begin(.forward)
        defer { timeline?.begin(.other) }
        guard samples.count > 0 else { return try shard.empty() }
        let batch = self.batch ?? Batch(samples, tape: tape)
        self.batch = batch
        batch.begin(samples)
        shard.begin(tape, seed: seed)
        let value = try task.loss(batch, phase: shard.phase)
        timeline?.begin(.backward)
        tape.backward(from: value.sum, store: store, whenReady: shard.whenReady)
        timeline?.begin(.forward)
        if let failure = tape.failure { throw failure }
        defer { tape.clear() }
        return ShardRecord(
            lossSum: value.sumValue, weight: value.weight, metricSums: batch.stepSums,
            samples: UInt64(samples.count))
    }
}
