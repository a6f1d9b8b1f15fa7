import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// A table in JSON lines, one object per row: numbers, columns of categories, and a target column. Columns are treated
    /// like those of a CSV table; a name that is null or missing from an object is a missing value.
    public struct JSONLines: Codable, Sendable, Hashable {
        /// The files of training rows.
        public var train: DataFiles
        /// The files of test rows; columns that the training rows do not have are ignored.
        public var test: DataFiles?
        /// The files of validation rows, instead of a share of the training rows.
        public var validationFile: DataFiles?
        /// The column to predict.
        public var target: String
        /// The columns of categories, which are one-hot encoded.
        public var categorical: [String]
        /// The columns that are left out.
        public var ignore: [String]
        /// Whether the target is a class or a number.
        public var task: DataTask
        /// How missing values are treated.
        public var missing: CSV.Missing
        /// For regression: whether targets are standardised to mean 0 and standard deviation 1.
        public var standardizeTargets: Bool
        /// How dates, texts, weights, identifiers, missing values and unknown names are treated.
        public var treatment = TableTreatment()
        /// Split and normalization.
        public var preparation: DataPreparation

        /// A recipe.
        public init(
            train: DataFiles, test: DataFiles? = nil, target: String, categorical: [String] = [],
            ignore: [String] = [], task: DataTask = .classification, missing: CSV.Missing = .error,
            standardizeTargets: Bool = true, preparation: DataPreparation = .init()
        ) {
            self.train = train
            self.test = test
            self.target = target
            self.categorical = categorical
            self.ignore = ignore
            self.task = task
            self.missing = missing
            self.standardizeTargets = standardizeTargets
            self.preparation = preparation
        }

        /// The equivalent recipe of a CSV table.
        var table: CSV {
            var table = CSV(
                train: "", target: target, categorical: categorical, ignore: ignore, task: task,
                missing: missing,
                standardizeTargets: standardizeTargets)
            (table.train, table.test, table.preparation) = (train, test, preparation)
            table.validationFile = validationFile
            table.treatment = treatment
            return table
        }

        func validate() throws(ComponentError) { try table.validate() }
    }
}

extension DataConfiguration.JSONLines: Configurable {
    public init() { self.init(train: "", target: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of a file of JSON lines, a pattern"
        return KeyTable(
            .oneOrMore(
                "train", \.train.patterns, what: file, "training rows, an object on each line",
                default: .required),
            .text(
                "target", \.target, what: "the name of the column to predict", "column to predict",
                default: .required),
            .optionalOneOrMore("test", \.test.filePatterns, what: file, "test rows"),
            .optionalOneOrMore(
                "validation_file", \.validationFile.filePatterns, what: file,
                "validation rows, instead of a share of the training rows"),
            .word("task", \.task, "whether the target is a class or a number"),
            .texts(
                "categorical", \.categorical,
                "columns of categories, which are one-hot encoded"),
            .texts("ignore", \.ignore, canBeEmpty: true, "columns that are left out"),
            .word(
                "missing", \.missing,
                "what happens to a value that is missing or null: an error, or the column's training mean"),
            .standardizeTargets(\.standardizeTargets),
            .including(\.treatment), .including(\.preparation))
    }
}
