import LockstepConfiguration
import LockstepContracts

extension DataConfiguration {
    /// The recipe as a component.
    package var component: any DataComponent {
        guard let component = recipe as? any DataComponent else { brokenContract("\(name) cannot be opened") }
        return component
    }
}

extension DataComponent where Self: Recipe {
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

extension DataComponent where Self: TextRecipe {
    public var context: Int? { windows.context }

    /// The outputs and activations of a network are much larger for a window of a text than for an image.
    public var evaluationBlock: Int { max(1, 4096 / max(1, windows.context)) }
}

extension DataConfiguration.FashionMNIST: DataComponent {}
extension DataConfiguration.IDX: DataComponent {}
extension DataConfiguration.CSV: DataComponent {}
extension DataConfiguration.JSONLines: DataComponent {}
extension DataConfiguration.HDF5: DataComponent {}
extension DataConfiguration.NPY: DataComponent {}
extension DataConfiguration.Sequences: DataComponent {}
extension DataConfiguration.CIFAR10: DataComponent {}
extension DataConfiguration.Synthetic: DataComponent {}
extension DataConfiguration.Text: DataComponent {}
extension DataConfiguration.KingJames: DataComponent {
    /// A program other than Debian's may store its text anywhere.
    public var files: [String] {
        get throws { program == Self.defaultProgram ? try configuration.sourceFiles() : [program] }
    }
}
extension DataConfiguration.Shakespeare: DataComponent {}
