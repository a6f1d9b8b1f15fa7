import LockstepAutograd
import LockstepDatasets
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// The smallest number of samples that a task can be trained with at once.
enum SmallestShard {
    /// 2 if batch normalization would see one value per channel for a single sample, which has no variance; else 1.
    ///
    /// The task is tried on one sample of zeros, so this holds for custom networks, too. It is not tried if no step has
    /// so few samples that it matters.
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
