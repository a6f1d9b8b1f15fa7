/// A momentum that each host makes of its own gradients before it chooses what to send, and that ends where an element is sent:
/// v = decay v + (1 - decay) g. An optimizer that made it of the sums would go on for steps with what is long sent, and
/// with what comes late. Source: Lin et al., "Deep Gradient Compression", 2018.
public struct HostMomentum: Sendable, Hashable {
    /// By how much what was there before shrinks in a step.
    public var decay: Float
    /// Whether it is Nesterov's: decay v + (1 - decay) g counts.
    public var isNesterov: Bool

    /// A momentum.
    public init(decay: Float, isNesterov: Bool = false) {
        self.decay = decay
        self.isNesterov = isNesterov
    }
}
