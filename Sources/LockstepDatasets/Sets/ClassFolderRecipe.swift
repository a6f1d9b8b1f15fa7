import LockstepConfiguration
import LockstepReaders

/// A recipe of files in one folder per class.
protocol ClassFolderRecipe: DataComponent {
    /// The folder of training files.
    var train: String { get set }
    /// The folder of validation files.
    var validationFolder: String? { get set }
    /// The folder of test files, or of files without classes.
    var test: String? { get set }
}

extension ClassFolderRecipe {
    public var files: [String] { [train] + [validationFolder, test].compactMap { $0 } }

    /// The keys of the three folders.
    /// - Parameter samples: what samples are called, such as `images`.
    static func folderKeys(of samples: String) -> KeyTable<Self>.Key {
        let folder = "the path of a folder"
        return .all(
            .text(
                "train", \.train, what: folder, "training \(samples), in one folder per class",
                default: .required),
            .optionalText(
                "validation_folder", \.validationFolder, what: folder,
                "validation \(samples), in folders of the same names; excludes validation"),
            .optionalText(
                "test", \.test, what: folder,
                "test \(samples), in folders of the same names; or \(samples) to predict, without folders"))
    }

    /// Lists the files of a split; nil if the recipe names no folder for it.
    /// - Parameters:
    ///   - endings: the extensions of the files.
    ///   - classes: the classes of the training set; nil to find them.
    func list(
        _ split: DatasetSplit, endings: [String], classes: [String]?
    ) throws(DatasetError) -> LabeledFiles? {
        let folder: String? =
            switch split {
            case .training: train
            case .validation: validationFolder
            case .test: test
            }
        guard let folder else { return nil }
        return try FolderFiles.list(
            folder, endings: endings, classes: classes, canBeUnlabeled: split == .test)
    }
}
