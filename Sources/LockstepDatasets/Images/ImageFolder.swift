import LockstepConfiguration
import LockstepReaders

/// Images in one folder per class: JPEG, PNG and TIFF files of any size.
public struct ImageFolder: ImageFilesRecipe, ClassFolderRecipe, Sendable {
    public static let name = "image_folder"

    public static var keys: KeyTable<Self> {
        KeyTable(folderKeys(of: "images"), .including(\.images), .including(\.preparation))
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

    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles? {
        try list(split, endings: Self.endings, classes: classes)
    }
}
