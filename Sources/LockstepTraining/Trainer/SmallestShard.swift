import LockstepAutograd
import LockstepDatasets
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// The fewest samples that a network can be trained with at once.
enum SmallestShard {
    /// 2 where batch normalisation would get one value per channel of a single sample, of which there is no variance; else 1.
    ///
    /// The network is tried on one sample of zeros, so this holds for networks of any program. Nothing is computed where no step
    /// has so few samples that it matters.
    static func size(
        _ network: any Model, store: ParameterStore, data: TrainingData, shards: Int, precision: Precision
    ) throws -> Int {
        guard !store.statistics.isEmpty, data.sampler.stepSizes.contains(where: { $0 < 2 * shards }) else {
            return 1
        }
        let tape = Tape(pool: StoragePool(), precision: precision)
        tape.begin(mode: .training)
        let sample = Tensor(
            zeros: data.dataset.sampleShape.prepending(1), dtype: data.dataset.inputType)
        _ = network.outputs(tape.constant(sample))
        defer { tape.clear() }
        switch tape.failure {
        case nil: return 1
        case is BatchNormalizationError: return 2
        case let failure?: throw failure
        }
    }
}
