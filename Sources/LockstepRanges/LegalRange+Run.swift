/// Ranges that several modules share: products of what they allow stay far below 2^63.
extension LegalRange<Int> {
    /// A number of steps. No run is that long; more is a typing mistake.
    package static var steps: Self { .within(1...1_000_000_000_000) }
    /// A number of steps that may be 0.
    package static var stepsFromZero: Self { .within(0...1_000_000_000_000) }
    /// A number of passes over the data, of evaluations, or of checkpoints.
    package static var rounds: Self { .within(1...1_000_000_000) }
    /// The samples of a step.
    package static var batch: Self { .within(1...1_000_000_000) }
}

/// float32 holds these and their squares or products with a weight: smaller ones would be 0 there, larger ones infinite.
extension LegalRange<Double> {
    /// A factor or weight that may be 0.
    package static var weight: Self { .within(0...1e30) }
    /// A bound, or what is added to a divisor.
    package static var magnitude: Self { .within(1e-30...1e30) }
    /// An error of a prediction, which is squared.
    package static var squaredMagnitude: Self { .within(1e-18...1e18) }
    /// A time in seconds.
    package static var seconds: Self { .above(0, upTo: 1e9) }
}
