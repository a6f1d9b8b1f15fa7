import LockstepConfiguration

/// What optimizers, clipping and schedules may be given. Key tables take their ranges from here.
extension LegalRange<Double> {
    /// The learning rate that schedules start from.
    public static var learningRate: Self { .weight }
    /// The weight decay.
    public static var weightDecay: Self { .weight }
    /// The share of its old value that an average or a velocity keeps.
    public static var decay: Self { .within(0..<1) }
    /// The share of its weights' norm that a step of a parameter has.
    public static var trust: Self { .above(0, upTo: 1e6) }
    /// What is added to a root before it divides.
    public static var epsilon: Self { .within(1e-30...1e6) }
    /// By how much Adagrad's divisor grows in each step.
    public static var learningRateDecay: Self { .weight }
    /// What Adagrad's sums of squares begin with.
    public static var initialAccumulator: Self { .weight }
    /// The largest norm, or the largest magnitude of an element, of a gradient.
    public static var largestGradient: Self { .magnitude }

    /// The factor at the first step of a warm-up.
    public static var warmupStart: Self { .within(0...1) }
    /// The factor of a reduction that is made from time to time.
    public static var reduction: Self { .above(0, upTo: 1e6) }
    /// The factor of every step.
    public static var decayOfEveryStep: Self { .above(0, upTo: 1) }
    /// The exponent of the share of steps that is left.
    public static var power: Self { .above(0, upTo: 1e6) }
    /// The factor on the learning rate at the end.
    public static var finalFactor: Self { .within(0...1) }
    /// The factor on the learning rate at its highest.
    public static var peak: Self { .above(0, upTo: 1e6) }
    /// The share of the steps up to the peak.
    public static var rise: Self { .between(0, 1) }
    /// What a learning rate is divided by.
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
