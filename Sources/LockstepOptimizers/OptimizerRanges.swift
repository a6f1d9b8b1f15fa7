import LockstepConfiguration

/// The legal ranges of the constants of optimizers, clipping and schedules, for key tables.
extension LegalRange<Double> {
    /// The learning rate that schedules start from.
    public static var learningRate: Self { .weight }
    /// The weight decay.
    public static var weightDecay: Self { .weight }
    /// The share of its previous value that an average or a velocity keeps.
    public static var decay: Self { .within(0..<1) }
    /// The norm of a parameter's step, as a share of the norm of its weights.
    public static var trust: Self { .above(0, upTo: 1e6) }
    /// The number added to the root in a denominator.
    public static var epsilon: Self { .within(1e-30...1e6) }
    /// The growth of Adagrad's divisor in each step.
    public static var learningRateDecay: Self { .weight }
    /// The initial value of Adagrad's sums of squares.
    public static var initialAccumulator: Self { .weight }
    /// The largest norm, or the largest magnitude of an element, of a gradient.
    public static var largestGradient: Self { .magnitude }

    /// The factor at the first step of a warm-up.
    public static var warmupStart: Self { .within(0...1) }
    /// The factor of one reduction of the learning rate.
    public static var reduction: Self { .above(0, upTo: 1e6) }
    /// The factor applied in every step.
    public static var decayOfEveryStep: Self { .above(0, upTo: 1) }
    /// The exponent of the share of the remaining steps.
    public static var power: Self { .above(0, upTo: 1e6) }
    /// The factor on the learning rate at the end.
    public static var finalFactor: Self { .within(0...1) }
    /// The factor on the learning rate at its peak.
    public static var peak: Self { .above(0, upTo: 1e6) }
    /// The share of the steps up to the peak.
    public static var rise: Self { .between(0, 1) }
    /// The divisor of a learning rate.
    public static var divisor: Self { .within(1...1e30) }
}

extension LegalRange<Int> {
    /// The steps of a warm-up.
    public static var warmupSteps: Self { .stepsFromZero }
    /// The steps between two reductions.
    public static var reductionInterval: Self { .steps }
    /// A step at which the learning rate is reduced.
    public static var milestone: Self { .stepsFromZero }
}
