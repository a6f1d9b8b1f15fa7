/// Ranges that several modules share: products of legal values stay far below 2^63.
extension LegalRange<Int> {
    /// A number of steps. No run is that long; a larger value is a typing mistake.
    package static var steps: Self { .within(1...1_000_000_000_000) }
    /// A number of steps that may be 0.
    package static var stepsFromZero: Self { .within(0...1_000_000_000_000) }
    /// A number of passes over the data, of evaluations, or of checkpoints.
    package static var rounds: Self { .within(1...1_000_000_000) }
    /// The samples of a step.
    package static var batch: Self { .within(1...1_000_000_000) }
}

/// Legal values whose squares and whose products with a weight fit float32: smaller ones would become 0, larger ones infinite.
extension LegalRange<Double> {
    /// A factor or weight that may be 0.
    package static var weight: Self { .within(0...1e30) }
    /// A bound, or the summand of a divisor.
    package static var magnitude: Self { .within(1e-30...1e30) }
    /// An error of a prediction, which is squared.
    package static var squaredMagnitude: Self { .within(1e-18...1e18) }
    /// A time in seconds.
    package static var seconds: Self { .above(0, upTo: 1e9) }
}
