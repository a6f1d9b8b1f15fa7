import LockstepDatasets
import LockstepModels

extension PreparedDataset {
    /// What a sample is, for the model.
    package var modelInput: ModelInput {
        guard let windows, let vocabulary else { return .numbers(sampleShape) }
        return .tokens(vocabulary: vocabulary, context: windows.context)
    }

    /// What samples are called: of a text they are windows.
    package var samplesName: String { windows == nil ? "samples" : "windows" }

    /// The number of different tokens of a text; nil for everything else.
    package var vocabulary: Int? { windows == nil ? nil : TextPreparation.vocabulary }
}
