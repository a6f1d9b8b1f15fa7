import LockstepConfiguration

extension DataConfiguration {
    /// A synthetic classification task: two prototypes for each class, plus noise.
    public struct Synthetic: Codable, Sendable, Hashable {
        /// The number of training samples.
        public var samples: Int
        /// The number of test samples, which are drawn separately from the training samples.
        public var testSamples: Int
        /// The shape of a sample: [features], or [height, width, channels] for images of bytes.
        public var shape: [Int]
        /// The number of classes.
        public var classes: Int
        /// The standard deviation of the noise; that of the prototypes is 1.
        public var noise: Double
        /// The seed of all random numbers.
        public var seed: UInt64
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// A recipe.
        /// - Parameter testSamples: nil for a fifth of `samples`, but at least one.
        public init(
            samples: Int = 10_000, testSamples: Int? = nil, shape: [Int] = [32], classes: Int = 10,
            noise: Double = 1, seed: UInt64 = 0, validation: ValidationSplit = .none,
            augment: [Augmentation] = [], normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.samples = samples
            self.testSamples = testSamples ?? max(1, samples / 5)
            self.shape = shape
            self.classes = classes
            self.noise = noise
            self.seed = seed
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.require(samples, in: .syntheticSamples, "samples")
            try ComponentError.require(testSamples, in: .syntheticSamples, "test_samples")
            let product = shape.reduce((1, false)) { sum, extent in
                let next = sum.0.multipliedReportingOverflow(by: extent)
                return (next.partialValue, sum.1 || next.overflow || extent < 1)
            }
            try ComponentError.require(
                (shape.count == 1 || shape.count == 3) && !product.1 && product.0 <= 1_000_000, "shape",
                "must be [features] or [height, width, channels], each at least 1, at most a million in all; got \(shape)"
            )
            try ComponentError.require(classes, in: .syntheticClasses, "classes")
            try ComponentError.require(noise, in: .noise, "noise")
            try ComponentError.require(
                shape.count == 3 || preparation.augment.isEmpty, "augment",
                "is for images; shape must then be [height, width, channels]")
        }
    }
}
