import LockstepConfiguration
import LockstepContracts

extension DataConfiguration {
    /// The recipe as a component.
    package var component: any DataComponent {
        guard let component = recipe as? any DataComponent else { brokenContract("\(name) cannot be opened") }
        return component
    }
}

/// A recipe that can be opened.
protocol OpenableRecipe: Recipe, DataComponent {}

extension OpenableRecipe {
    public func open(_ request: DatasetRequest) throws -> any Dataset { try configuration.open(request) }
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        try configuration.schema(of: constants)
    }
    public func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
        try configuration.inputPreparation(of: constants)
    }
    public var files: [String] { get throws { try configuration.sourceFiles() } }
    public var hasValidation: Bool { preparation.validation != .none || validationFiles != nil }
    public var taskName: String? { task.rawValue }
}

/// A text that can be opened.
protocol OpenableText: OpenableRecipe, TextRecipe {}

extension OpenableText {
    public var context: Int? { windows.context }

    /// The outputs and activations of a network are much larger for a window of a text than for an image.
    public var evaluationBlock: Int {
        windows.evaluationBlock(
            tokens: windows.tokenizer == nil
                ? TextPreparation.evaluatedBytes : TextPreparation.evaluatedTokens)
    }
}

extension DataConfiguration.FashionMNIST: OpenableRecipe {}
extension DataConfiguration.IDX: OpenableRecipe {}
extension DataConfiguration.CSV: OpenableRecipe {}
extension DataConfiguration.JSONLines: OpenableRecipe {}
extension DataConfiguration.HDF5: OpenableRecipe {}
extension DataConfiguration.NPY: OpenableRecipe {}
extension DataConfiguration.Sequences: OpenableRecipe {}
extension DataConfiguration.CIFAR10: OpenableRecipe {}
extension DataConfiguration.Synthetic: OpenableRecipe {}
extension DataConfiguration.Text: OpenableText {}
extension DataConfiguration.KingJames: OpenableText {
    /// A program other than Debian's may store its text anywhere.
    public var files: [String] {
        get throws {
            program == Self.defaultProgram
                ? try configuration.sourceFiles() : [program] + windows.tokenizerFiles
        }
    }
}
extension DataConfiguration.Shakespeare: OpenableText {}
