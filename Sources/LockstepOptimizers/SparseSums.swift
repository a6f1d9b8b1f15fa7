import Glibc

/// How an optimizer is applied when each host sends a part of its gradients in a step, and the rest later (error feedback).
///
/// An element that is sent stands for the gradients of 1 / density steps in the mean. Any optimizer takes steps of the length that
/// it takes with all gradients, without a special case, because of what it is given:
/// - gradients times sqrt(density), with a learning rate divided by it. Where 1 / density steps agree, the square of their sum is
///   1 / density^2 gradients' squares, once in 1 / density steps: times the density, averages of squares are those of one step.
///   The built-in ones multiply the squares instead (`UpdateStep.squareShare`), and get gradients and learning rate as they are.
///   (Centered RMSprop does not: its steps are shorter, by about sqrt(density).)
/// - the momentum, if the optimizer begins with one that can be separated (`MomentumOptimizer`): hosts apply it to their own
///   gradients before they choose what to send, and its velocity starts anew where an element is sent. The optimizer is applied
///   without it. Source: Lin et al., "Deep Gradient Compression", 2018.
public struct SparseSums: Sendable {
    /// The part of the gradients that each host sends in a step.
    public let density: Double
    /// The arithmetic of the update: without the momentum that hosts apply.
    public let optimizer: any Optimizer
    /// The momentum that hosts apply to their own gradients, as an average: v = decay v + (1 - decay) g; nil for none.
    public let momentum: Momentum?
    /// Whether the optimizer gets sums as they are, and multiplies their squares by the density.
    private let weighsSquares: Bool

    /// How an optimizer is applied where the part `density` is sent.
    public init(_ optimizer: any Optimizer, density: Double) {
        self.density = density
        let whole = optimizer as? any MomentumOptimizer
        momentum = whole?.momentum
        if let whole, whole.momentum != nil {
            self.optimizer = whole.withoutMomentum
        } else {
            self.optimizer = optimizer
        }
        weighsSquares = self.optimizer is any SquareWeighingOptimizer
    }

    /// What sums are multiplied by, so that their norm is that of one step's gradients.
    public var scale: Double { density.squareRoot() }

    /// What the optimizer gets for an update of all gradients.
    public func adapted(_ step: UpdateStep) -> UpdateStep {
        var step = step
        if weighsSquares {
            step.squareShare = density
            // The limit holds for a sum that has the norm of one step's gradients.
            step.clipValue /= scale
        } else {
            step.gradientScale *= scale
            step.learningRate /= scale
        }
        if let momentum, !momentum.isAverage {
            // Hosts make an average, which is 1 - decay times the sum that the optimizer makes.
            step.learningRate /= 1 - momentum.decay
            step.gradientScale *= gain(momentum)
            // What is clipped is the sum without its gain, as by the norm.
            step.clipValue *= gain(momentum)
        }
        return step
    }

    /// A group of parameters as the optimizer gets it: the decay of weights keeps its length.
    public func adapted(_ group: ParameterGroup) -> ParameterGroup {
        guard !weighsSquares else { return group }
        var group = group
        group.weightDecayFactor *= scale
        return group
    }

    /// How much larger sums are made so that steps are as long as those of a momentum that never starts anew.
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
