import LockstepReaders

/// Which data a run uses, and how they are split, normalised and augmented.
public enum DataConfiguration: Codable, Sendable, Hashable {
    /// The Fashion-MNIST images.
    case fashionMNIST(FashionMNIST)
    /// Images and labels in IDX files.
    case idx(IDX)
    /// A table with a target column.
    case csv(CSV)
    /// A table with a target column, in JSON lines.
    case jsonLines(JSONLines)
    /// Arrays in NPY and NPZ files.
    case npy(NPY)
    /// Arrays in HDF5 files.
    case hdf5(HDF5)
    /// Sequences of numbers in files of arrays.
    case sequences(Sequences)
    /// The CIFAR-10 images in their binary version.
    case cifar10(CIFAR10)
    /// A synthetic task.
    case synthetic(Synthetic)
    /// A text in a file.
    case text(Text)
    /// The King James Bible.
    case kingJames(KingJames)
    /// Shakespeare's works.
    case shakespeare(Shakespeare)

    /// The name in a run file.
    public var name: String {
        switch self {
        case .fashionMNIST: "fashion_mnist"
        case .idx: "idx"
        case .csv: "csv"
        case .jsonLines: "jsonl"
        case .npy: "npy"
        case .hdf5: "hdf5"
        case .sequences: "sequences"
        case .cifar10: "cifar10"
        case .synthetic: "synthetic"
        case .text: "text"
        case .kingJames: "king_james"
        case .shakespeare: "shakespeare"
        }
    }

    /// Split, normalization and augmentation.
    public var preparation: DataPreparation {
        switch self {
        case .fashionMNIST(let source): source.preparation
        case .idx(let source): source.preparation
        case .csv(let source): source.preparation
        case .jsonLines(let source): source.preparation
        case .npy(let source): source.preparation
        case .hdf5(let source): source.preparation
        case .sequences(let source): source.preparation
        case .cifar10(let source): source.preparation
        case .synthetic(let source): source.preparation
        case .text(let source): source.windows.preparation
        case .kingJames(let source): source.windows.preparation
        case .shakespeare(let source): source.windows.preparation
        }
    }

    /// The equivalent recipe of a CSV table, for tables of any format; nil for everything else.
    var table: CSV? {
        switch self {
        case .csv(let source): source
        case .jsonLines(let source): source.table
        default: nil
        }
    }

    /// Whether the data are JSON lines.
    var isJSONLines: Bool { if case .jsonLines = self { true } else { false } }

    /// The equivalent recipe of NPY arrays, for arrays of any format; nil for everything else.
    var arrays: NPY? {
        switch self {
        case .npy(let source): source
        case .hdf5(let source): source.arrays
        default: nil
        }
    }

    /// The separate files of validation data; nil if validation data are a part of the training data, or if there are none.
    var validationFiles: DataFiles? {
        switch self {
        case .idx(let source): source.validationImages
        case .csv(let source): source.validationFile
        case .jsonLines(let source): source.validationFile
        case .npy(let source): source.validationInputs
        case .hdf5(let source): source.validationFile
        case .sequences(let source): source.validationInputs
        case .text(let source): source.validationFile
        case .fashionMNIST, .cifar10, .synthetic, .kingJames, .shakespeare: nil
        }
    }

    /// Checks every value against its range, without reading any file.
    ///
    /// - Throws: `DataConfigurationError` for the first invalid value.
    public func validate() throws(DataConfigurationError) {
        do {
            switch self {
            case .fashionMNIST(let source): try source.validate()
            case .idx(let source): try source.validate()
            case .csv(let source): try source.validate()
            case .jsonLines(let source): try source.validate()
            case .npy(let source): try source.validate()
            case .hdf5(let source): try source.validate()
            case .sequences(let source): try source.validate()
            case .cifar10(let source): try source.validate()
            case .synthetic(let source): try source.validate()
            case .text(let source): try source.validate()
            case .kingJames(let source): try source.validate()
            case .shakespeare(let source): try source.validate()
            }
            try preparation.validate()
        } catch {
            throw error.under(name)
        }
    }
}
