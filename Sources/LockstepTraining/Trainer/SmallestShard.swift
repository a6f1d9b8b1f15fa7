import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepOperations
import LockstepTasks
import LockstepTensors

/// The smallest number of samples that a network can be trained with at once.
enum SmallestShard {
    /// 2 if batch normalisation would see one value per channel for a single sample, which has no variance; else 1.
    ///
    /// The network is tried on one sample of zeros, so this holds for custom networks, too. It is not tried if no
    /// step has so few samples that it matters.
    static func size(
        _ network: any Model, store: ParameterStore, data: TrainingData, shards: Int, precision: Precision
    ) throws -> Int {
        guard !store.statistics.isEmpty, data.sampler.stepSizes.contains(where: { $0 < 2 * shards }) else {
            return 1
        }
        let tape = Tape(pool: StoragePool(), precision: precision)
        tape.begin(mode: .training)
        let sample = Tensor(
            zeros: data.schema.input.shape.prepending(1), dtype: data.schema.input.type.dtype)
        _ = network.outputs(tape.constant(sample))
        defer { tape.clear() }
        switch tape.failure {
        case nil: return 1
        case is BatchNormalizationError: return 2
        case let failure?: throw failure
        }
    }
}
