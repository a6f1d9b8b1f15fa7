import LockstepConfiguration

/// The ranges of the settings of data sets. `validate()` and the reader of run files enforce them, and `lockstep keys` lists them.
extension LegalRange<Int> {
    /// The number of classes of labels in files.
    package static var classes: Self { .within(2...1_000_000) }
    /// The number of classes of synthetic data.
    package static var syntheticClasses: Self { .within(2...100_000) }
    /// The number of synthetic samples.
    package static var syntheticSamples: Self { .within(1...100_000_000) }
    /// An extent of a synthetic sample, and the product of all extents.
    package static var syntheticExtent: Self { .within(1...1_000_000) }
    /// The number of different tokens.
    package static var vocabulary: Self { .within(2...1 << 24) }
    /// The number of tokens in a window of a text.
    package static var context: Self { .within(1...65_536) }
    /// The memory for decoded inputs, in bytes.
    package static var dataMemory: Self { .atLeast(0) }
    /// The number of a fold; it must also be smaller than the number of folds.
    package static var fold: Self { .atLeast(0) }
    /// The number of folds.
    package static var folds: Self { .within(2...1_000_000) }
    /// The number of inputs for hashed words.
    package static var hashedFeatures: Self { .within(1...65_536) }
    /// The number of lines before a table.
    package static var skippedLines: Self { .within(0...1_000_000) }
    /// The padding of an image at each side, in pixels.
    package static var padding: Self { .within(1...1024) }
    /// The side of the square that cutout fills, in pixels.
    package static var cutoutSide: Self { .within(1...4096) }
}

extension LegalRange<Double> {
    /// The share of the training data that is held back.
    package static var validationShare: Self { .between(0, 1) }
    /// The standard deviation of noise.
    package static var noise: Self { .within(0...1000) }
    /// A probability.
    package static var probability: Self { .within(0...1) }
    /// The maximum angle, in degrees.
    package static var angle: Self { .above(0, upTo: 180) }
    /// A scaling factor of an image.
    package static var scalingFactor: Self { .within(0.01...100) }
    /// The maximum change of a factor about 1.
    package static var factorChange: Self { .within(0...1) }
}
