import LockstepConfiguration
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

    /// The recipe.
    var recipe: any Recipe {
        switch self {
        case .fashionMNIST(let recipe): recipe
        case .idx(let recipe): recipe
        case .csv(let recipe): recipe
        case .jsonLines(let recipe): recipe
        case .npy(let recipe): recipe
        case .hdf5(let recipe): recipe
        case .sequences(let recipe): recipe
        case .cifar10(let recipe): recipe
        case .synthetic(let recipe): recipe
        case .text(let recipe): recipe
        case .kingJames(let recipe): recipe
        case .shakespeare(let recipe): recipe
        }
    }

    /// The name in a run file.
    public var name: String { recipe.name }

    /// Split, normalization and augmentation.
    public var preparation: DataPreparation { recipe.preparation }

    /// The windows of a text recipe; nil for all others.
    public var windows: TextPreparation? { (recipe as? any TextRecipe)?.windows }

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

    /// Checks every value against its range, without reading any file.
    ///
    /// - Throws: `ComponentError` for the first invalid value.
    public func validate() throws(ComponentError) {
        do {
            try recipe.check()
        } catch {
            throw error.inside("data.\(name)")
        }
    }
}
