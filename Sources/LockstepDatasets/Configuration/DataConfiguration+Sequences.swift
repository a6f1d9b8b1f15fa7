import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// Sequences of numbers of different lengths, in files of arrays: the steps of all sequences one after the
    /// other, and the number of steps of each.
    public struct Sequences: Codable, Sendable, Hashable {
        /// The files of training steps: [all steps, features].
        public var trainInputs: DataFiles
        /// The files of the training sequences' lengths: [N], whole numbers from 1, which add up to all steps.
        public var trainLengths: DataFiles
        /// The files of training targets: [N], or [N, K] for regression and multi_label.
        public var trainTargets: DataFiles
        /// The files of test steps.
        public var testInputs: DataFiles?
        /// The files of the test sequences' lengths.
        public var testLengths: DataFiles?
        /// The files of test targets; nil with test inputs for a set that can only be predicted.
        public var testTargets: DataFiles?
        /// The files of validation steps, instead of a share of the training sequences.
        public var validationInputs: DataFiles?
        /// The files of the validation sequences' lengths.
        public var validationLengths: DataFiles?
        /// The files of validation targets.
        public var validationTargets: DataFiles?
        /// Whether targets are classes, numbers, or zeros and ones for each of several labels.
        public var task: DataTask
        /// The number of classes; nil for the largest training label plus 1.
        public var classes: Int?
        /// For regression: whether targets are standardised to mean 0 and standard deviation 1.
        public var standardizeTargets: Bool
        /// Split and normalization.
        public var preparation: DataPreparation

        /// A recipe.
        public init(
            trainInputs: String, trainLengths: String, trainTargets: String, testInputs: String? = nil,
            testLengths: String? = nil, testTargets: String? = nil, task: DataTask = .classification,
            classes: Int? = nil, standardizeTargets: Bool = true, validation: ValidationSplit = .none,
            normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.trainInputs = DataFiles(trainInputs)
            self.trainLengths = DataFiles(trainLengths)
            self.trainTargets = DataFiles(trainTargets)
            self.testInputs = testInputs.map(DataFiles.init(_:))
            self.testLengths = testLengths.map(DataFiles.init(_:))
            self.testTargets = testTargets.map(DataFiles.init(_:))
            self.task = task
            self.classes = classes
            self.standardizeTargets = standardizeTargets
            preparation = .init(validation: validation, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireTask(task)
            try ComponentError.requireFiles(trainInputs, "train_inputs")
            try ComponentError.requireFiles(trainLengths, "train_lengths")
            try ComponentError.requireFiles(trainTargets, "train_targets")
            try ComponentError.requirePair(testInputs, "test_inputs", testLengths, "test_lengths")
            try ComponentError.requireTest(testInputs, "test_inputs", testTargets, "test_targets")
            try ComponentError.requirePair(
                validationInputs, "validation_inputs", validationLengths, "validation_lengths",
                of: "validation")
            try ComponentError.requirePair(
                validationInputs, "validation_inputs", validationTargets, "validation_targets",
                of: "validation")
            try preparation.requireOneValidation(validationInputs, "validation_inputs")
            try ComponentError.requireClasses(classes)
            try ComponentError.require(
                classes == nil || task == .classification, "classes",
                "is for classification; the task is \(task.rawValue)")
            try ComponentError.require(
                preparation.augment.isEmpty, "augment", "is for images; sequences have none")
        }
    }
}
