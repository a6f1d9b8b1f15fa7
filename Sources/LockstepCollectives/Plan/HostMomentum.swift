/// A momentum that each host applies to its gradients before it selects what to send: v = decay v + (1 -
/// decay) g. The velocity of a sent element becomes zero: a momentum of the sums would add gradients sent
/// long ago for many steps. Source: Lin et al., "Deep Gradient Compression", 2018.
public struct HostMomentum: Sendable, Hashable {
    /// The factor of the old velocity in a step.
    public var decay: Float
    /// Whether it is Nesterov's: then decay v + (1 - decay) g is used.
    public var isNesterov: Bool

    /// A momentum.
    public init(decay: Float, isNesterov: Bool = false) {
        self.decay = decay
        self.isNesterov = isNesterov
    }
}
