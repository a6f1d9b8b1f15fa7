/// How an optimizer averages gradients over steps, before anything else is done to them.
public struct Momentum: Sendable, Hashable {
    /// By how much what was there before shrinks in a step.
    public var decay: Double
    /// Whether it is Nesterov's.
    public var isNesterov: Bool

    /// A momentum.
    public init(decay: Double, isNesterov: Bool = false) {
        self.decay = decay
        self.isNesterov = isNesterov
    }
}
