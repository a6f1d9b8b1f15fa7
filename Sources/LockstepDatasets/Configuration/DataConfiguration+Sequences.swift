extension DataConfiguration {
    /// Sequences of numbers with lengths of their own, in NPY files, gzipped or not: the steps of all sequences one after the
    /// other, and the number of steps of each.
    public struct Sequences: Codable, Sendable, Hashable {
        /// The file of training steps: [all steps, features].
        public var trainInputs: String
        /// The file of the training sequences' lengths: [N], whole numbers from 1, which add up to all steps.
        public var trainLengths: String
        /// The file of training targets: [N], or [N, K] for regression and multi_label.
        public var trainTargets: String
        /// The file of test steps.
        public var testInputs: String?
        /// The file of the test sequences' lengths.
        public var testLengths: String?
        /// The file of test targets.
        public var testTargets: String?
        /// Whether targets are classes, numbers, or zeros and ones for each of several labels.
        public var task: DataTask
        /// The number of classes; nil for the largest training label plus 1.
        public var classes: Int?
        /// For regression: whether targets are shifted and scaled to mean 0 and deviation 1.
        public var standardizeTargets: Bool
        /// Split and normalisation.
        public var preparation: DataPreparation

        /// A recipe.
        public init(
            trainInputs: String, trainLengths: String, trainTargets: String, testInputs: String? = nil,
            testLengths: String? = nil, testTargets: String? = nil, task: DataTask = .classification,
            classes: Int? = nil, standardizeTargets: Bool = true, validation: ValidationSplit = .none,
            normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.trainInputs = trainInputs
            self.trainLengths = trainLengths
            self.trainTargets = trainTargets
            self.testInputs = testInputs
            self.testLengths = testLengths
            self.testTargets = testTargets
            self.task = task
            self.classes = classes
            self.standardizeTargets = standardizeTargets
            preparation = .init(validation: validation, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(DataConfigurationError) {
            try DataConfigurationError.requireTask(task)
            try DataConfigurationError.requirePath(trainInputs, "train_inputs")
            try DataConfigurationError.requirePath(trainLengths, "train_lengths")
            try DataConfigurationError.requirePath(trainTargets, "train_targets")
            try DataConfigurationError.requirePair(testInputs, "test_inputs", testLengths, "test_lengths")
            try DataConfigurationError.requirePair(testInputs, "test_inputs", testTargets, "test_targets")
            try DataConfigurationError.requireClasses(classes)
            try DataConfigurationError.require(
                classes == nil || task == .classification, "classes",
                "is for classification; the task is \(task.rawValue)")
            try DataConfigurationError.require(
                preparation.augment.isEmpty, "augment", "is for images; sequences have none")
        }
    }
}
