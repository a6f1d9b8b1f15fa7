import LockstepConfiguration
import LockstepReaders

/// Images in one folder per class: JPEG, PNG and TIFF files of any size.
public struct ImageFolder: ImageFilesRecipe, Sendable {
    public static let name = "image_folder"

    public static var keys: KeyTable<Self> {
        let folder = "the path of a folder"
        return KeyTable(
            .text(
                "train", \.train, what: folder, "training images, in one folder per class",
                default: .required),
            .optionalText(
                "validation_folder", \.validationFolder, what: folder,
                "validation images, in folders of the same names; excludes validation"),
            .optionalText(
                "test", \.test, what: folder,
                "test images, in folders of the same names; or images to predict, without folders"),
            .including(\.images), .including(\.preparation))
    }

    /// The folder of training images.
    public var train = ""
    /// The folder of validation images.
    public var validationFolder: String?
    /// The folder of test images, or of images without classes.
    public var test: String?
    /// How images become samples of one size.
    public var images = ImageSettings()
    /// Split, normalization and augmentation.
    public var preparation = DataPreparation()

    /// The defaults; the folder and the size must be set.
    public init() {}

    var hasValidationFiles: Bool { validationFolder != nil }
    public var files: [String] { [train] + [validationFolder, test].compactMap { $0 } }

    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles? {
        let folder: String? =
            switch split {
            case .training: train
            case .validation: validationFolder
            case .test: test
            }
        guard let folder else { return nil }
        return try FolderFiles.list(
            folder, endings: Self.endings, classes: classes, canBeUnlabeled: split == .test)
    }
}
