/// How an optimizer accumulates gradients over steps, before its other operations.
public struct Momentum: Sendable, Hashable {
    /// The factor on the previous value in each step.
    public var decay: Double
    /// Whether it is Nesterov's momentum.
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
