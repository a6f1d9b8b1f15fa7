import LockstepConfiguration

/// A moving average of all parameters, which evaluations and predictions use instead of the parameters.
///
/// Source: Polyak and Juditsky: Acceleration of Stochastic Approximation by Averaging (1992).
public struct AverageConfiguration: Configurable, Equatable {
    /// a = decay a + (1 - decay) p after every update of the parameters p.
    public var decay: Double

    /// A configuration.
    public init(decay: Double) { self.decay = decay }

    public init() { self.init(decay: 0.999) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .number(
                "decay", \.decay, .averageDecay,
                "weight of the old average in an update"))
    }
}

extension LegalRange<Double> {
    fileprivate static var averageDecay: Self { .within(0...0.9999999) }
}
