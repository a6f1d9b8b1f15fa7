import LockstepConfiguration
import LockstepReaders

/// Recordings in one folder per class: WAV and FLAC files of any length.
public struct SoundFolder: DataComponent, Sendable {
    public static let name = "sound_folder"

    public static var keys: KeyTable<Self> {
        let folder = "the path of a folder"
        return KeyTable(
            .text(
                "train", \.train, what: folder, "training recordings, in one folder per class",
                default: .required),
            .optionalText(
                "validation_folder", \.validationFolder, what: folder,
                "validation recordings, in folders of the same names; excludes validation"),
            .optionalText(
                "test", \.test, what: folder,
                "test recordings, in folders of the same names; or recordings to predict, without folders"),
            .including(\.sounds), .including(\.preparation))
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
        do throws(DataConfigurationError) {
            try preparation.validate()
        } catch {
            throw ComponentError(path: error.path, problem: error.problem)
        }
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
    public var files: [String] { [train] + [validationFolder, test].compactMap { $0 } }
    public var hasValidation: Bool { validationFolder != nil || preparation.validation != .none }
    public var taskName: String? { DataTask.classification.rawValue }

    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles? {
        let folder: String? =
            switch split {
            case .training: train
            case .validation: validationFolder
            case .test: test
            }
        guard let folder else { return nil }
        return try FolderFiles.list(
            folder, endings: ["wav", "flac"], classes: classes, canBeUnlabeled: split == .test)
    }
}
