import CKernels
import Glibc
import LockstepConfiguration

/// Adam, and AdamW, whose weight decay does not pass through the moments.
///
/// m += (1 - beta1)(g - m), v = beta2 v + (1 - beta2) g^2, p -= rate m' / (sqrt(v') + epsilon), where m' and v' are
/// divided by 1 - beta^t. Source: Kingma and Ba 2015; Loshchilov and Hutter 2019 for the decoupled decay.
public struct Adam: Optimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The decay of the averaged gradients.
        public var beta1: Double
        /// The decay of the averaged squares.
        public var beta2: Double
        /// Added to the root of the squares.
        public var epsilon: Double
        /// Weight decay: added to the gradient, or applied to the parameters by AdamW.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
            weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }

        public init() { self.init(weightDecay: 0) }

        public static let name = "adam"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-7...0.1
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate), .beta1(\.beta1), .beta2(\.beta2), .epsilon(\.epsilon),
                .weightDecay(
                    \.weightDecay, "adam adds it to the gradient, adamw applies it to the parameters"))
        }

        public func make() -> any Optimizer { Adam(self) }
    }

    private let configuration: Configuration
    private let isDecoupled: Bool

    /// - Parameter decoupled: AdamW's weight decay: p is multiplied by 1 - rate x decay before the step.
    public init(_ configuration: Configuration, decoupled: Bool = false) {
        self.configuration = configuration
        isDecoupled = decoupled
    }

    public var momentNames: [String] { ["exp_avg", "exp_avg_sq"] }
    public var coupledWeightDecay: Double { isDecoupled ? 0 : configuration.weightDecay }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        let rate = step.learningRate * group.learningRateFactor
        let decay = isDecoupled ? configuration.weightDecay * group.weightDecayFactor : 0
        let time = Double(step.number)
        let newSquare = (1 - configuration.beta2) * step.squareShare
        return lockstep_update_adam(
            buffers.parameters, buffers.gradients, buffers.moments.0, buffers.moments.1, range.lowerBound,
            range.upperBound, step.kernelArguments(group, coupledWeightDecay: coupledWeightDecay),
            Float(1 - configuration.beta1), Float(configuration.beta2), Float(newSquare),
            Float(configuration.epsilon),
            Float(rate / (1 - pow(configuration.beta1, time))),
            Float(1 / (1 - pow(configuration.beta2, time)).squareRoot()), Float(1 - rate * decay))
    }
}

extension Adam: MomentumOptimizer {
    public var momentum: Momentum? {
        configuration.beta1 > 0 ? Momentum(decay: configuration.beta1, isAverage: true) : nil
    }

    public var withoutMomentum: any Optimizer {
        var rest = configuration
        rest.beta1 = 0
        return Adam(rest, decoupled: isDecoupled)
    }
}
