import LockstepDatasets
import LockstepModels
import LockstepTasks

extension BatchSchema {
    /// What a sample is, for the models of run files.
    package var modelInput: ModelInput {
        guard let vocabulary else { return .numbers(input.shape) }
        return .tokens(vocabulary: vocabulary, context: input.shape[0])
    }
}
