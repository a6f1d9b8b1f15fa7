import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// Inputs and targets in data sets of HDF5 files.
    public struct HDF5: Codable, Sendable, Hashable {
        /// The files of the training data; several files are concatenated.
        public var train: DataFiles
        /// The path of the data set of inputs: [N, ...].
        public var inputs: String
        /// The path of the data set of targets: [N], or [N, K] for regression and multi_label.
        public var targets: String
        /// The files of the test data, which may be those of the training data.
        public var test: DataFiles?
        /// The path of the data set of test inputs; nil for that of the training data.
        public var testInputs: String?
        /// The path of the data set of test targets; nil for that of the training data, `none` for samples without
        /// targets.
        public var testTargets: String?
        /// What `testTargets` is for samples without targets.
        static let noTargets = "none"
        /// The files of the validation data, which may be those of the training data, instead of a share of the training data.
        public var validationFile: DataFiles?
        /// The path of the data set of validation inputs; nil for that of the training data.
        public var validationInputs: String?
        /// The path of the data set of validation targets; nil for that of the training data.
        public var validationTargets: String?
        /// Whether targets are classes, numbers, or zeros and ones for each of several labels.
        public var task: DataTask
        /// The number of classes; nil for the largest training label plus 1, or for labels that are texts.
        public var classes: Int?
        /// What the dimensions of inputs mean.
        public var layout: NPY.Layout
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
            train: DataFiles, inputs: String, targets: String, test: DataFiles? = nil,
            testInputs: String? = nil, testTargets: String? = nil, task: DataTask = .classification,
            classes: Int? = nil, layout: NPY.Layout = .asStored, standardizeTargets: Bool = true,
            preparation: DataPreparation = .init()
        ) {
            self.train = train
            self.inputs = inputs
            self.targets = targets
            self.test = test
            self.testInputs = testInputs
            self.testTargets = testTargets
            self.task = task
            self.classes = classes
            self.layout = layout
            self.standardizeTargets = standardizeTargets
            self.preparation = preparation
        }

        /// The equivalent recipe of arrays, each of them a file with the path of a data set.
        var arrays: NPY {
            func files(_ files: DataFiles, _ name: String) -> DataFiles {
                DataFiles(files.patterns.map { "\($0):\(name)" })
            }
            var arrays = NPY(
                trainInputs: "", trainTargets: "", task: task, classes: classes, layout: layout,
                standardizeTargets: standardizeTargets)
            arrays.trainInputs = files(train, inputs)
            arrays.trainTargets = files(train, targets)
            arrays.testInputs = test.map { files($0, testInputs ?? inputs) }
            arrays.testTargets =
                testTargets == Self.noTargets ? nil : test.map { files($0, testTargets ?? targets) }
            arrays.validationInputs = validationFile.map { files($0, validationInputs ?? inputs) }
            arrays.validationTargets = validationFile.map { files($0, validationTargets ?? targets) }
            arrays.preparation = preparation
            arrays.memory = memory
            arrays.stageTo = stageTo
            return arrays
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireFiles(train, "train")
            try ComponentError.requireFiles(test, "test")
            try preparation.requireOneValidation(validationFile, "validation_file")
            for (name, key) in [
                (inputs, "inputs"), (targets, "targets"), (testInputs, "test_inputs"),
                (testTargets, "test_targets"), (validationInputs, "validation_inputs"),
                (validationTargets, "validation_targets"),
            ] {
                guard let name else { continue }
                try ComponentError.require(
                    !name.isEmpty && !name.utf8.contains(0), key, "must be the path of a data set")
            }
            for (name, key) in [(testInputs, "test_inputs"), (testTargets, "test_targets")] {
                try ComponentError.require(
                    name == nil || test != nil || name == Self.noTargets && key == "test_targets", key,
                    "is for the files of test, which is missing")
            }
            for (name, key) in [
                (validationInputs, "validation_inputs"), (validationTargets, "validation_targets"),
            ] {
                try ComponentError.require(
                    name == nil || validationFile != nil, key, "is for validation_file, which is missing")
            }
            try arrays.validate()
        }
    }
}

extension DataConfiguration.HDF5: Configurable {
    public init() { self.init(train: "", inputs: "", targets: "") }

    public static var keys: KeyTable<Self> {
        let (file, set) = ("the path of an HDF5 file, a pattern", "the path of a data set in a file")
        return KeyTable(
            .oneOrMore("train", \.train.patterns, what: file, "training data", default: .required),
            .text("inputs", \.inputs, what: set, "inputs, [N, ...]", default: .required),
            .text(
                "targets", \.targets, what: set,
                "targets, [N], or [N, K] for regression and multi_label; class labels can be texts",
                default: .required),
            .optionalOneOrMore("test", \.test.filePatterns, what: file, "test data"),
            .optionalText(
                "test_inputs", \.testInputs, what: set, "inputs of the test data; auto: as inputs",
                absent: "auto"),
            .optionalText(
                "test_targets", \.testTargets, what: set,
                "targets of the test data; auto: as targets; none: samples without targets, for predictions",
                absent: "auto"),
            .optionalOneOrMore(
                "validation_file", \.validationFile.filePatterns, what: file,
                "validation data, instead of a share of the training data"),
            .optionalText(
                "validation_inputs", \.validationInputs, what: set,
                "inputs of the validation data; auto: as inputs", absent: "auto"),
            .optionalText(
                "validation_targets", \.validationTargets, what: set,
                "targets of the validation data; auto: as targets", absent: "auto"),
            .targetTask(\.task), .classCount(\.classes),
            .word(
                "layout", \.layout,
                "what the dimensions after the first mean; four as stored are images [N, H, W, C]"),
            .standardizeTargets(\.standardizeTargets),
            .dataMemory(\.memory), .stageTo(\.stageTo),
            .including(\.preparation))
    }
}
