/// Ranges that several modules share. Products of allowed values stay far below 2^63.
extension LegalRange<Int> {
    /// A number of steps. The limit is longer than any run, to detect typing errors.
    public static var steps: Self { .within(1...1_000_000_000_000) }
    /// A number of steps that may be 0.
    public static var stepsFromZero: Self { .within(0...1_000_000_000_000) }
    /// A number of passes over the data, of evaluations, or of checkpoints.
    public static var rounds: Self { .within(1...1_000_000_000) }
    /// The number of samples in a step.
    public static var batch: Self { .within(1...1_000_000_000) }
}

/// Magnitudes whose squares and products with a weight fit float32: smaller ones would become 0, larger ones infinite.
extension LegalRange<Double> {
    /// A factor or weight that may be 0.
    public static var weight: Self { .within(0...1e30) }
    /// A bound, or a summand in a denominator.
    public static var magnitude: Self { .within(1e-30...1e30) }
    /// An error of a prediction, which is squared.
    public static var squaredMagnitude: Self { .within(1e-18...1e18) }
    /// A time in seconds.
    public static var seconds: Self { .above(0, upTo: 1e9) }
}
