import LockstepConfiguration

/// What data sets may be given. `validate()` refuses everything else, and so does the reader of run files, which also lists it.
extension LegalRange<Int> {
    /// The classes of labels that are read.
    package static var classes: Self { .within(2...1_000_000) }
    /// The classes of labels that are made up.
    package static var syntheticClasses: Self { .within(2...100_000) }
    /// The samples that are made up.
    package static var syntheticSamples: Self { .within(1...100_000_000) }
    /// An extent of a sample that is made up; all of them together are no larger.
    package static var syntheticExtent: Self { .within(1...1_000_000) }
    /// The bytes of a window of a text.
    package static var context: Self { .within(1...65_536) }
    /// The bytes that decoded inputs may take.
    package static var dataMemory: Self { .atLeast(0) }
    /// The number of a fold, which is below that of folds besides.
    package static var fold: Self { .atLeast(0) }
    /// The number of folds.
    package static var folds: Self { .within(2...1_000_000) }
    /// The inputs in which the words of a text are counted.
    package static var hashedFeatures: Self { .within(1...65_536) }
    /// The lines before a table.
    package static var skippedLines: Self { .within(0...1_000_000) }
    /// The pixels that an image is padded by at each side.
    package static var padding: Self { .within(1...1024) }
    /// The side of a square that is cut out of an image.
    package static var cutoutSide: Self { .within(1...4096) }
}

extension LegalRange<Double> {
    /// The share of the training data that is held back.
    package static var validationShare: Self { .between(0, 1) }
    /// The standard deviation of noise.
    package static var noise: Self { .within(0...1000) }
    /// A probability.
    package static var probability: Self { .within(0...1) }
    /// The largest angle, in degrees.
    package static var angle: Self { .above(0, upTo: 180) }
    /// A factor on the size of an image.
    package static var scalingFactor: Self { .within(0.01...100) }
    /// The largest change of a factor 1.
    package static var factorChange: Self { .within(0...1) }
}
