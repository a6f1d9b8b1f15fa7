import LockstepConfiguration
import LockstepReaders

/// Recordings in one folder per class: WAV and FLAC files of any length.
public struct SoundFolder: ClassFolderRecipe, Sendable {
    public static let name = "sound_folder"

    public static var keys: KeyTable<Self> {
        KeyTable(folderKeys(of: "recordings"), .including(\.sounds), .including(\.preparation))
    }

    /// The folder of training recordings.
    public var train = ""
    /// The folder of validation recordings.
    public var validationFolder: String?
    /// The folder of test recordings, or of recordings without classes.
    public var test: String?
    /// How recordings become sequences.
    public var sounds = SoundSettings()
    /// Split and normalization.
    public var preparation = DataPreparation()

    /// The defaults; the folder and the sample rate must be set.
    public init() {}

    public func check() throws(ComponentError) {
        try sounds.check()
        try preparation.validate()
        guard preparation.augment.isEmpty else {
            throw ComponentError(path: "augment", problem: "is for images; remove it")
        }
        guard validationFolder == nil || preparation.validation == .none else {
            throw ComponentError(
                path: "validation", problem: "must be none, since validation_folder is given")
        }
    }

    public func open(_ request: DatasetRequest) throws -> any Dataset {
        try SoundFilesDataset(self, request)
    }
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        try constants.sequenceSchema
    }
    public var hasValidation: Bool { validationFolder != nil || preparation.validation != .none }
    public var taskName: String? { DataTask.classification.rawValue }

    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles? {
        try list(split, endings: ["wav", "flac"], classes: classes)
    }
}
