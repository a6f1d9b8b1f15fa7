import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepTasks
import LockstepTensors
import LockstepTimeline

/// Forward and backward of one shard: the part of a step that no other rank sees.
final class ShardComputation {
    private let task: any LearningTask
    private let store: ParameterStore
    private let seed: UInt64
    let tape: Tape
    private let timeline: StepTimeline?
    private var batch: Batch?

    /// - Parameter timeline: where the times of forward and backward are noted.
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
    /// - Parameter samples: the shard's samples; there may be none.
    /// - Throws: what the task or an operation finds wrong with the data.
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
