import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// A table in a CSV file: numbers, columns of categories, and a target column.
    public struct CSV: Codable, Sendable, Hashable {
        /// How missing values are treated.
        public enum Missing: String, Codable, Sendable, Hashable, CaseIterable {
            /// A missing value is an error, which names the line.
            case error
            /// A missing value is replaced by the column's mean in the training split; a missing category by no category.
            case mean
        }

        /// The files of training rows.
        public var train: DataFiles
        /// The files of test rows, with the same columns. With a header, columns may be in any order, and other columns are ignored.
        public var test: DataFiles?
        /// The files of validation rows, with columns like those of test rows, instead of a share of the training rows.
        public var validationFile: DataFiles?
        /// The column to predict. Without header columns are named 0, 1, ...; -1 is the last.
        public var target: String
        /// The columns of categories, which are one-hot encoded.
        public var categorical: [String]
        /// The columns that are left out.
        public var ignore: [String]
        /// Whether the target is a class or a number.
        public var task: DataTask
        /// Whether the first line names the columns.
        public var header: Bool
        /// The character between fields.
        public var delimiter: String
        /// The character encoding of the file.
        public var encoding: TextEncoding
        /// What happens to missing values.
        public var missing: Missing
        /// The texts that stand for a missing value, "" for an empty field. In a column of names, a quoted field is a name.
        public var missingValues: [String]
        /// For regression: whether targets are standardised to mean 0 and standard deviation 1.
        public var standardizeTargets: Bool
        /// How dates, texts, weights, identifiers, missing values and unknown names are treated.
        public var treatment = TableTreatment()
        /// How the text is written.
        public var text = TableText()
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// The default texts for a missing value: those written by pandas and R, and a question mark.
        public static var defaultMissingValues: [String] { MissingTexts.defaults }

        /// A recipe.
        public init(
            train: String, test: String? = nil, target: String, categorical: [String] = [],
            ignore: [String] = [], task: DataTask = .classification, header: Bool = true,
            delimiter: String = ",", encoding: TextEncoding = .utf8, missing: Missing = .error,
            missingValues: [String] = CSV.defaultMissingValues, standardizeTargets: Bool = true,
            validation: ValidationSplit = .none, augment: [Augmentation] = [],
            normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.train = DataFiles(train)
            self.test = test.map(DataFiles.init(_:))
            self.target = target
            self.categorical = categorical
            self.ignore = ignore
            self.task = task
            self.header = header
            self.delimiter = delimiter
            self.encoding = encoding
            self.missing = missing
            self.missingValues = missingValues
            self.standardizeTargets = standardizeTargets
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireFiles(train, "train")
            try ComponentError.requireTask(task)
            try ComponentError.require(
                task != .multiLabel, "task",
                "multi_label is for npy; a table has one target column, so set classification or regression")
            try ComponentError.requireFiles(test, "test")
            try preparation.requireOneValidation(validationFile, "validation_file")
            try ComponentError.require(!target.isEmpty, "target", "must name a column")
            try ComponentError.require(
                !categorical.contains(target), "categorical",
                "must not contain the target '\(target)'; a class target is read as names anyway")
            try ComponentError.require(
                !ignore.contains(target), "ignore", "must not contain the target '\(target)'")
            if let both = categorical.first(where: ignore.contains) {
                throw ComponentError(
                    path: "ignore", problem: "must not contain '\(both)', which is categorical")
            }
            let isOne = delimiter.utf8.count == 1
            let legal = isOne && delimiter != "\"" && delimiter != "\n" && delimiter != "\r"
            try ComponentError.require(
                legal, "delimiter",
                "must be one ASCII character other than a quote or a line end; got '\(delimiter)'")
            try text.validate()
            try treatment.validate(target: target)
            try ComponentError.require(
                preparation.augment.isEmpty, "augment", "is for images; a table has none")
        }
    }

    /// Inputs and targets in files of arrays: NPY, or NPZ with the name of an array after a colon.
    public struct NPY: Codable, Sendable, Hashable {
        /// What the dimensions of inputs after the first mean.
        public enum Layout: String, Codable, Sendable, Hashable, CaseIterable {
            /// As stored; four dimensions are images [N, H, W, C].
            case asStored = "as_stored"
            /// Images [N, C, H, W], which are transposed to [N, H, W, C].
            case channelsFirst = "channels_first"
            /// Grey images [N, H, W], which become [N, H, W, 1].
            case grey
        }

        /// The files of training inputs: [N, ...].
        public var trainInputs: DataFiles
        /// The files of training targets: [N], or [N, K] for regression and multi_label.
        public var trainTargets: DataFiles
        /// The files of test inputs.
        public var testInputs: DataFiles?
        /// The files of test targets; nil for test inputs that are only for prediction.
        public var testTargets: DataFiles?
        /// The files of validation inputs, instead of a share of the training data.
        public var validationInputs: DataFiles?
        /// The files of validation targets.
        public var validationTargets: DataFiles?
        /// Whether targets are classes, numbers, or zeros and ones for each of several labels.
        public var task: DataTask
        /// The number of classes; nil for the largest training label plus 1.
        public var classes: Int?
        /// What the dimensions of inputs mean.
        public var layout: Layout
        /// For regression: whether targets are standardised to mean 0 and standard deviation 1.
        public var standardizeTargets: Bool
        /// The memory for decoded inputs, in bytes; larger inputs are read from their files when they are needed. Nil for half of
        /// the memory of the machine or of its control group.
        public var memory: Int?
        /// A folder on a local disk of each host, to which files with larger inputs are copied; nil to read them in place.
        public var stageTo: String?
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// A recipe.
        public init(
            trainInputs: String, trainTargets: String, testInputs: String? = nil, testTargets: String? = nil,
            task: DataTask = .classification, classes: Int? = nil, layout: Layout = .asStored,
            standardizeTargets: Bool = true, validation: ValidationSplit = .none,
            augment: [Augmentation] = [], normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.trainInputs = DataFiles(trainInputs)
            self.trainTargets = DataFiles(trainTargets)
            self.testInputs = testInputs.map(DataFiles.init(_:))
            self.testTargets = testTargets.map(DataFiles.init(_:))
            self.task = task
            self.classes = classes
            self.layout = layout
            self.standardizeTargets = standardizeTargets
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireTask(task)
            try ComponentError.requireFiles(trainInputs, "train_inputs")
            try ComponentError.requireFiles(trainTargets, "train_targets")
            try ComponentError.requireTest(testInputs, "test_inputs", testTargets, "test_targets")
            try ComponentError.requirePair(
                validationInputs, "validation_inputs", validationTargets, "validation_targets",
                of: "validation")
            try preparation.requireOneValidation(validationInputs, "validation_inputs")
            try ComponentError.requireClasses(classes)
            if let memory { try ComponentError.require(memory, in: .dataMemory, "memory") }
            try ComponentError.require(
                classes == nil || task == .classification, "classes",
                "is for classification; the task is \(task.rawValue)")
        }
    }
}
