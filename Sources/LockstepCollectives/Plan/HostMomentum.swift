/// A momentum that each host applies to its own gradients before it chooses what to send: v = decay v + (1 - decay) g. The velocity
/// of an element that is sent is set to zero: a momentum of the sums would continue for steps with gradients that were sent
/// long ago. Source: Lin et al., "Deep Gradient Compression", 2018.
public struct HostMomentum: Sendable, Hashable {
    /// The factor of the old value in a step.
    public var decay: Float
    /// Whether it is Nesterov's: decay v + (1 - decay) g counts.
    public var isNesterov: Bool

    /// A momentum.
    public init(decay: Float, isNesterov: Bool = false) {
        self.decay = decay
        self.isNesterov = isNesterov
    }
}
