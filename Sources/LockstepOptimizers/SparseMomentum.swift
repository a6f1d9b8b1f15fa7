import Glibc

/// Where each host sends a part of its gradients only, and the rest later: the average momentum in the place of gradients.
///
/// Hosts make the momentum of their own gradients, as averages: v = decay v + (1 - decay) g. What an element is sent with has
/// come together since it was sent the last time. Its velocity then starts anew.
public struct SparseMomentum: Sendable, Hashable {
    /// The part of the gradients that each host sends in a step.
    public var density: Double

    /// A momentum of which the part `density` is sent.
    public init(density: Double) { self.density = density }

    /// The part of a sum's square that counts for averages of squares: 1 / density steps have added to an element in the mean, and
    /// where they agree, its square is that of a gradient times the square of their number, once in that many steps.
    public var squareShare: Double { density }

    /// How much larger sums are to be made so that steps are as long as those of a momentum that never starts anew.
    ///
    /// An element that is sent every n steps gets the average share 1 - (decay / (1 - decay)) (1 - decay^n) / n of what it would get.
    /// n is between 1 and 1 / density for most of what counts: the large are sent more often. This takes the middle, 1 / sqrt(density).
    public func gain(_ momentum: Momentum) -> Double {
        guard momentum.decay > 0 else { return 1 }
        let interval = 1 / density.squareRoot()
        let rest = pow(momentum.decay, interval)
        return 1 / (1 - momentum.decay / (1 - momentum.decay) * (1 - rest) / interval)
    }
}
