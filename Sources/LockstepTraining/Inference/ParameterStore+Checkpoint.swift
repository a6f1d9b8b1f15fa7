import LockstepAutograd
import LockstepCheckpoints
import LockstepDataParallel

extension ParameterStore {
    /// Reads parameters and running statistics.
    /// - Throws: `CheckpointError`; `TrainingError.nonFiniteTensor` where one is infinite or not a number.
    func read(_ checkpoint: Checkpoint) throws {
        try SafetensorsFile(checkpoint.modelPath).read(into: modelState.map(\.destination))
        try modelState.requireFinite(.checkpoint(checkpoint.directory))
        refreshRounded()
    }
}
