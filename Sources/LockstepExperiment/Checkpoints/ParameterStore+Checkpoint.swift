import LockstepAutograd
import LockstepCheckpoints
import LockstepDataParallel

extension ParameterStore {
    /// Reads parameters and running statistics.
    /// - Throws: `CheckpointError`; `TrainingError.nonFiniteTensor` if an element is infinite or NaN.
    package func read(_ checkpoint: Checkpoint) throws {
        try SafetensorsFile(checkpoint.modelPath).read(into: modelState.map(\.destination))
        try modelState.requireFinite(.checkpoint(checkpoint.directory))
        refreshRounded()
    }
}
