import LockstepConfiguration

/// What optimizers, clipping and schedules may be given. Key tables take their ranges from here.
extension LegalRange<Double> {
    /// The learning rate that schedules start from.
    package static var learningRate: Self { .weight }
    /// The weight decay.
    package static var weightDecay: Self { .weight }
    /// The share of its old value that an average or a velocity keeps.
    package static var decay: Self { .within(0..<1) }
    /// What is added to a root before it divides.
    package static var epsilon: Self { .within(1e-30...1e6) }
    /// By how much Adagrad's divisor grows in each step.
    package static var learningRateDecay: Self { .weight }
    /// What Adagrad's sums of squares begin with.
    package static var initialAccumulator: Self { .weight }
    /// The largest norm, or the largest magnitude of an element, of a gradient.
    package static var largestGradient: Self { .magnitude }

    /// The factor at the first step of a warm-up.
    package static var warmupStart: Self { .within(0...1) }
    /// The factor of a reduction that is made from time to time.
    package static var reduction: Self { .above(0, upTo: 1e6) }
    /// The factor of every step.
    package static var decayOfEveryStep: Self { .above(0, upTo: 1) }
    /// The exponent of the share of steps that is left.
    package static var power: Self { .above(0, upTo: 1e6) }
    /// The factor on the learning rate at the end.
    package static var finalFactor: Self { .within(0...1) }
    /// The factor on the learning rate at its highest.
    package static var peak: Self { .above(0, upTo: 1e6) }
    /// The share of the steps up to the peak.
    package static var rise: Self { .between(0, 1) }
    /// What a learning rate is divided by.
    package static var divisor: Self { .within(1...1e30) }
}

extension LegalRange<Int> {
    /// The steps of a warm-up.
    package static var warmupSteps: Self { .stepsFromZero }
    /// The steps between two reductions.
    package static var reductionInterval: Self { .steps }
    /// A step at which the learning rate is reduced.
    package static var milestone: Self { .stepsFromZero }
}
