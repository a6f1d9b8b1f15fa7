import LockstepAutograd
import LockstepCheckpoints
import LockstepDataParallel

extension ParameterStore {
    /// Reads parameters and running statistics.
    /// - Parameter usesAverages: whether to read the moving averages of the parameters instead of the
    ///   parameters.
    /// - Throws: `CheckpointError`; `TrainingError.nonFiniteTensor` if an element is infinite or NaN.
    package func read(_ checkpoint: Checkpoint, usesAverages: Bool = false) throws {
        try SafetensorsFile(checkpoint.modelPath).read(into: modelState.map(\.destination))
        if usesAverages {
            let averages = parameters.map { parameter in
                StateTensor(
                    name: DataParallel.averagePrefix + parameter.name, shape: parameter.shape.extents,
                    address: UnsafeMutableRawPointer(parameter.value.floats), isInteger: false)
            }
            try SafetensorsFile(checkpoint.optimizerPath).read(
                into: averages.map(\.destination), isComplete: false)
        }
        try modelState.requireFinite(.checkpoint(checkpoint.directory))
        refreshRounded()
    }
}
