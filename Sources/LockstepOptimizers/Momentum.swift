/// How an optimizer sums gradients over steps, before anything else is done to them.
public struct Momentum: Sendable, Hashable {
    /// The factor of the old value in a step.
    public var decay: Double
    /// Whether it is Nesterov's.
    public var isNesterov: Bool
    /// Whether it is the average m = decay m + (1 - decay) g, else the sum m = decay m + g.
    public var isAverage: Bool

    /// A momentum.
    public init(decay: Double, isNesterov: Bool = false, isAverage: Bool = false) {
        self.decay = decay
        self.isNesterov = isNesterov
        self.isAverage = isAverage
    }
}
