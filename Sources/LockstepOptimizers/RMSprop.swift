import CKernels
import LockstepConfiguration

/// RMSprop: v = alpha v + (1 - alpha) g^2; p -= rate g / (sqrt(v) + epsilon), optionally centered and with momentum.
///
/// Centered, the square of the average gradient is subtracted from v under the root; where rounding makes that
/// negative it counts as zero (PyTorch's root is then NaN).
/// Source: PyTorch's `torch.optim.RMSprop`; Tieleman and Hinton 2012; Graves 2013 for the centered form.
public struct RMSprop: Optimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The decay of the averaged squares.
        public var alpha: Double
        /// Added to the root of the squares.
        public var epsilon: Double
        /// The factor on the velocity; 0 for none.
        public var momentum: Double
        /// Whether to divide by an estimate of the variance.
        public var centered: Bool
        /// Weight decay, added to the gradient.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0,
            centered: Bool = false, weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.alpha = alpha
            self.epsilon = epsilon
            self.momentum = momentum
            self.centered = centered
            self.weightDecay = weightDecay
        }

        public init() { self.init(momentum: 0) }

        public static let name = "rmsprop"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-7...0.1
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate),
                .number("alpha", \.alpha, .decay, "decay of the averaged squares"),
                .epsilon(\.epsilon),
                .momentum(\.momentum),
                .flag("centered", \.centered, "divide by an estimate of the variance"),
                .weightDecay(\.weightDecay, "added to the gradient"))
        }

        public func make() -> any Optimizer { RMSprop(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] {
        ["square_avg"] + (configuration.momentum > 0 ? ["momentum_buffer"] : [])
            + (configuration.centered ? ["grad_avg"] : [])
    }
    public var coupledWeightDecay: Double { configuration.weightDecay }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        let hasMomentum = configuration.momentum > 0
        // Centered, the averaged squares are compared with the square of the average, so they must not be scaled.
        let squareShare = configuration.centered ? 1 : step.squareShare
        let mean = hasMomentum ? buffers.moments.2 : buffers.moments.1
        return lockstep_update_rmsprop(
            buffers.parameters, buffers.gradients, buffers.moments.0, hasMomentum ? buffers.moments.1 : nil,
            configuration.centered ? mean : nil, range.lowerBound, range.upperBound,
            step.kernelArguments(group, coupledWeightDecay: coupledWeightDecay), Float(configuration.alpha),
            Float((1 - configuration.alpha) * squareShare), Float(configuration.epsilon),
            Float(configuration.momentum))
    }
}
