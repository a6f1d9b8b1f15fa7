import LockstepReaders

/// The decoded data of a recipe: training data, test data if there are any, and names.
public final class LoadedData: Sendable {
    /// The training data with all validation data.
    public let training: DecodedDataset
    /// The number of samples at the end of the training data that are validation data from separate files.
    let heldBack: Int
    /// The test data.
    public let test: DecodedDataset?
    /// What is predicted.
    public let task: DataTask
    /// The number of classes; 0 for everything else.
    public let classes: Int
    /// The names of the classes by label; empty if unknown.
    public let classNames: [String]
    /// The names of the inputs of a table; empty for everything else.
    public let featureNames: [String]
    /// The columns of a table; nil for everything else.
    let columns: CSVColumns?
    /// The fingerprint, by which the data of two runs are compared.
    public let fingerprint: DataFingerprint
    /// Warnings about the data, such as ignored columns.
    public let notes: [String]
    /// Warnings about this host: a cache that could not be written, or was damaged and replaced.
    public let hostWarnings: [String]
    /// All warnings.
    public var warnings: [String] { hostWarnings + notes }
    /// Whether the data are mapped from a cache file, which all ranks of the host share.
    public let isMapped: Bool

    init(_ content: DecodedContent, warnings: [String]) {
        training = DecodedDataset(content.training)
        heldBack = content.heldBack
        test = content.test.map(DecodedDataset.init)
        classes = content.classes
        task = Self.task(
            classes: content.classes, hasTargets: content.training.hasTargets, isTable: content.columns != nil
        )
        classNames = content.classNames
        featureNames = content.featureNames
        columns = content.columns
        fingerprint = CacheHeader(content, key: "").fingerprint
        hostWarnings = warnings
        notes = content.notes
        isMapped = false
    }

    /// - Parameter streams: read inputs that are not in the cache file.
    init(
        _ header: CacheHeader, in file: MemoryBlock,
        streams: (training: SampleStream?, test: SampleStream?), warnings: [String]
    ) {
        training = DecodedDataset(header.training, in: file, stream: streams.training)
        heldBack = header.heldBack ?? 0
        test = header.test.map { DecodedDataset($0, in: file, stream: streams.test) }
        classes = header.classes
        task = Self.task(
            classes: header.classes, hasTargets: header.training.hasTargets, isTable: header.columns != nil)
        classNames = header.classNames
        featureNames = header.featureNames
        columns = header.columns
        fingerprint = header.fingerprint
        hostWarnings = warnings
        notes = header.notes ?? []
        isMapped = true
    }

    /// Texts have no separate targets; a table without targets is for prediction.
    private static func task(classes: Int, hasTargets: Bool, isTable: Bool) -> DataTask {
        if !hasTargets && !isTable { return .language }
        return classes > 0 ? .classification : .regression
    }
}
