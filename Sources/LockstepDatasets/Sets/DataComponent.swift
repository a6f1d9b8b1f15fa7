import LockstepConfiguration

/// A data set that a run file can name; its configuration opens the data.
public protocol DataComponent: Component {
    /// Opens the data.
    /// - Throws: the errors of reading the files; `DatasetConstantsError` for invalid constants.
    func open(_ request: DatasetRequest) throws -> any Dataset

    /// The fields of the samples as far as they are known without files, from the constants of a trained network:
    /// they are needed to build a network. Nil, the default, opens the data instead.
    func schema(of constants: DatasetConstants) throws -> BatchSchema?

    /// How the only input field is computed from the numbers of the data, from the constants of a trained network:
    /// an exported network does the same. By default, the preparation of samples whose statistics are in the constants, as built-in data
    /// store them; nil if the inputs of an exported network are those that `Dataset.write` writes.
    func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation?

    /// The files that every host of a run needs; none by default.
    var files: [String] { get throws }

    /// Whether a part of the training data is held back for validation; true by default.
    var hasValidation: Bool { get }

    /// The name of the default task; nil if that is only known after the data are opened.
    var taskName: String? { get }

    /// The default number of samples that are evaluated at once; 500 unless overridden.
    var evaluationBlock: Int { get }

    /// The number of tokens in a window, for data whose evaluated windows may overlap; nil, the default, for data without windows.
    var context: Int? { get }
}

extension DataComponent {
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? { nil }
    public func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
        try constants.ofSamples().map { InputPreparation($0) }
    }
    public var files: [String] { get throws { [] } }
    public var hasValidation: Bool { true }
    public var taskName: String? { nil }
    public var evaluationBlock: Int { 500 }
    public var context: Int? { nil }
}

/// A recipe of Lockstep.
protocol Recipe: DataComponent {
    /// The recipe as a case of `DataConfiguration`.
    var recipe: DataConfiguration { get }
}

extension Recipe {
    public static func check(_ recipe: DataConfiguration) throws(ComponentError) {
        do {
            try recipe.validate()
        } catch {
            let path =
                error.path.hasPrefix(recipe.name + ".")
                ? String(error.path.dropFirst(recipe.name.count + 1)) : error.path
            throw ComponentError(path: path, problem: error.problem)
        }
    }

    public func check() throws(ComponentError) { try Self.check(recipe) }
    public func open(_ request: DatasetRequest) throws -> any Dataset { try recipe.open(request) }
    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        try recipe.schema(of: constants)
    }
    public func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
        try recipe.inputPreparation(of: constants)
    }
    public var files: [String] { get throws { try recipe.sourceFiles() } }
    public var hasValidation: Bool {
        recipe.preparation.validation != .none || recipe.validationFiles != nil
    }

    public var taskName: String? {
        switch recipe {
        case .csv(let source): source.task.rawValue
        case .jsonLines(let source): source.task.rawValue
        case .npy(let source): source.task.rawValue
        case .hdf5(let source): source.task.rawValue
        case .sequences(let source): source.task.rawValue
        case .text, .kingJames, .shakespeare: DataTask.language.rawValue
        case .fashionMNIST, .idx, .cifar10, .synthetic: DataTask.classification.rawValue
        }
    }

    /// The outputs and activations of a network are much larger for a window of a text than for an image.
    public var evaluationBlock: Int { context.map { max(1, 4096 / max(1, $0)) } ?? 500 }
    public var context: Int? { recipe.windows?.context }
}

extension DataConfiguration.FashionMNIST: Recipe {
    public static var name: String { "fashion_mnist" }
    var recipe: DataConfiguration { .fashionMNIST(self) }
}

extension DataConfiguration.IDX: Recipe {
    public static var name: String { "idx" }
    var recipe: DataConfiguration { .idx(self) }
}

extension DataConfiguration.CSV: Recipe {
    public static var name: String { "csv" }
    var recipe: DataConfiguration { .csv(self) }
}

extension DataConfiguration.JSONLines: Recipe {
    public static var name: String { "jsonl" }
    var recipe: DataConfiguration { .jsonLines(self) }
}

extension DataConfiguration.HDF5: Recipe {
    public static var name: String { "hdf5" }
    var recipe: DataConfiguration { .hdf5(self) }
}

extension DataConfiguration.NPY: Recipe {
    public static var name: String { "npy" }
    var recipe: DataConfiguration { .npy(self) }
}

extension DataConfiguration.Sequences: Recipe {
    public static var name: String { "sequences" }
    var recipe: DataConfiguration { .sequences(self) }
}

extension DataConfiguration.CIFAR10: Recipe {
    public static var name: String { "cifar10" }
    var recipe: DataConfiguration { .cifar10(self) }
}

extension DataConfiguration.Synthetic: Recipe {
    public static var name: String { "synthetic" }
    var recipe: DataConfiguration { .synthetic(self) }
}

extension DataConfiguration.Text: Recipe {
    public static var name: String { "text" }
    var recipe: DataConfiguration { .text(self) }
}

extension DataConfiguration.KingJames: Recipe {
    public static var name: String { "king_james" }
    var recipe: DataConfiguration { .kingJames(self) }

    /// A program other than Debian's may store its text anywhere.
    public var files: [String] {
        get throws { program == Self.defaultProgram ? try recipe.sourceFiles() : [program] }
    }
}

extension DataConfiguration.Shakespeare: Recipe {
    public static var name: String { "shakespeare" }
    var recipe: DataConfiguration { .shakespeare(self) }
}

extension DataConfiguration {
    /// The recipe as a component.
    package var component: any DataComponent {
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
}
