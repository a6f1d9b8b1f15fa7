import LockstepReaders

/// The decoded contents of a recipe's files: training data, test data if there are any, and names.
struct DecodedContent {
    /// The training data, followed by validation data from separate files.
    var training: DecodedPart
    /// The number of samples at the end of `training` that are validation data from separate files.
    var heldBack = 0
    var test: DecodedPart?
    /// The number of classes; 0 for regression.
    var classes: Int
    /// The names of the classes, by label; empty if unknown.
    var classNames: [String] = []
    /// The names of the inputs of a table; empty for everything else.
    var featureNames: [String] = []
    /// The columns of a table; nil for everything else.
    var columns: CSVColumns?

    /// Notes about the files for the user.
    var notes: [String] = []

    /// Reads the files of a recipe, or makes its synthetic data.
    /// - Parameters:
    ///   - columns: the columns of the table from the training of a network; nil for those of the training file.
    ///   - narrowing: the conversion of numbers from the training of a network; nil to derive it from the training files.
    ///   - classNames: the names of the classes from the training of a network; nil to derive them from the training files.
    ///   - plan: the inputs that are read from their files when they are needed; nil for none.
    init(
        _ configuration: DataConfiguration, columns: CSVColumns? = nil, narrowing: DataNarrowing? = nil,
        classNames: [String]? = nil, plan: StreamPlan? = nil
    ) throws(DatasetError) {
        switch configuration {
        case .fashionMNIST(let recipe): self = try .fashionMNIST(recipe)
        case .idx(let recipe): self = try .idx(recipe, narrowing: narrowing)
        case .csv(let recipe): self = try .table(recipe, columns: columns, narrowing: narrowing)
        case .jsonLines(let recipe):
            self = try .table(recipe.table, columns: columns, narrowing: narrowing, isJSONLines: true)
        case .npy(let recipe):
            self = try .npy(recipe, narrowing: narrowing, classNames: classNames, plan: plan)
        case .hdf5(let recipe):
            self = try .npy(recipe.arrays, narrowing: narrowing, classNames: classNames, plan: plan)
        case .cifar10(let recipe): self = try .cifar10(recipe)
        case .synthetic(let recipe): self = try .synthetic(recipe)
        case .sequences(let recipe):
            self = try .sequences(recipe, narrowing: narrowing, classNames: classNames)
        case .text(let recipe): self = try .text(recipe)
        case .kingJames(let recipe): self = try .kingJames(recipe)
        case .shakespeare(let recipe): self = try .shakespeare(recipe)
        }
    }

    init(
        training: DecodedPart, heldBack: Int = 0, test: DecodedPart?, classes: Int, classNames: [String] = [],
        featureNames: [String] = [], columns: CSVColumns? = nil, notes: [String] = []
    ) {
        self.training = training
        self.heldBack = heldBack
        self.test = test
        self.classes = classes
        self.classNames = classNames
        self.featureNames = featureNames
        self.columns = columns
        self.notes = notes
    }
}
