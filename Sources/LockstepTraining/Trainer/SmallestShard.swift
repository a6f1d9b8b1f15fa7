import LockstepAutograd
import LockstepDatasets
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// The minimum number of samples in a shard with which a task can be trained.
enum SmallestShard {
    /// 2 if a single sample would give batch normalization one value per channel, which has no variance; otherwise 1.
    ///
    /// The task is tried with one sample of zeros, so this also works for custom networks. It is not tried if no step has
    /// few enough samples to matter.
    static func size(
        _ task: any LearningTask, store: ParameterStore, data: TrainingData, shards: Int, precision: Precision
    ) throws -> Int {
        guard !store.statistics.isEmpty, data.sampler.stepSizes.contains(where: { $0 < 2 * shards }) else {
            return 1
        }
        let tape = Tape(pool: StoragePool(), precision: precision)
        tape.begin(mode: .training)
        let batch = Batch(FieldTensors(zeros: data.dataset.schema, count: 1), tape: tape)
        _ = try task.loss(batch, phase: 0)
        defer { tape.clear() }
        switch tape.failure {
        case nil: return 1
        case is BatchNormalizationError: return 2
        case let failure?: throw failure
        }
    }
}
