import LockstepConfiguration
import LockstepReaders

/// Images in tar archives with WebDataset's naming: the members `key.jpg` and `key.cls` form a sample.
///
/// Archives are indexed when they are opened, so that samples can be read in any order: with the same shuffle and the same bits as
/// images in folders.
public struct ImageShards: ImageFilesRecipe, Sendable {
    public static let name = "image_shards"

    public static var keys: KeyTable<Self> {
        let pattern = "the path of a tar archive, or of several, as in shard-{000000..000009}.tar"
        return KeyTable(
            .text("train", \.train, what: pattern, "training samples", default: .required),
            .optionalText(
                "validation_shards", \.validationShards, what: pattern,
                "validation samples; excludes validation"),
            .optionalText(
                "test", \.test, what: pattern, "test samples; samples for prediction may lack classes"),
            .including(\.images), .including(\.preparation))
    }

    /// The archives of training samples.
    public var train = ""
    /// The archives of validation samples.
    public var validationShards: String?
    /// The archives of test samples.
    public var test: String?
    /// How images become samples of one size.
    public var images = ImageSettings()
    /// Split, normalization and augmentation.
    public var preparation = DataPreparation()

    /// The defaults; the archives and the size must be set.
    public init() {}

    var hasValidationFiles: Bool { validationShards != nil }

    public var files: [String] {
        get throws { try [train, validationShards, test].compactMap { $0 }.flatMap(Self.expand) }
    }

    private static func expand(_ pattern: String) throws(DatasetError) -> [String] {
        guard let paths = BracePattern.expand(pattern) else {
            throw DatasetError(
                .format, pattern, "the braces do not hold a range of numbers",
                advice: "write {000000..000009}")
        }
        return paths
    }

    func list(_ split: DatasetSplit, classes: [String]?) throws(DatasetError) -> LabeledFiles? {
        let pattern: String? =
            switch split {
            case .training: train
            case .validation: validationShards
            case .test: test
            }
        guard let pattern else { return nil }
        return try ShardFiles.list(
            Self.expand(pattern), endings: Self.endings, classes: classes, canBeUnlabeled: split == .test)
    }
}
