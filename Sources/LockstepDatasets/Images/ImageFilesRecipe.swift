import LockstepConfiguration
import LockstepReaders

/// A recipe of image files: where they are, and how they become samples.
protocol ImageFilesRecipe: DataComponent {
    var images: ImageSettings { get }
    var preparation: DataPreparation { get }
    /// Whether files were named for validation.
    var hasValidationFiles: Bool { get }

    /// Lists the files of a split; nil if the recipe names none for it.
    /// - Parameter classes: the classes of the training set; nil to find them.
    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles?
}

extension ImageFilesRecipe {
    /// The extensions of image files.
    static var endings: [String] { ["jpg", "jpeg", "png", "tif", "tiff"] }

    public func check() throws(ComponentError) {
        try images.check()
        try preparation.validate()
        guard !hasValidationFiles || preparation.validation == .none else {
            throw ComponentError(
                path: "validation", problem: "must be none, since separate validation images are given")
        }
    }

    public func open(_ request: DatasetRequest) throws -> any Dataset { try ImageFilesDataset(self, request) }

    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        try constants.ofSamples()?.schema
    }

    public var hasValidation: Bool { hasValidationFiles || preparation.validation != .none }
    public var taskName: String? { DataTask.classification.rawValue }
}
