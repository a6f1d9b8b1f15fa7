import CKernels
import LockstepConfiguration

/// Lion: every parameter moves by the learning rate, in the direction of a sign.
///
/// p -= rate (sign(beta1 m + (1 - beta1) g) + weight_decay p); then m = beta2 m + (1 - beta2) g.
/// Source: Chen et al.: Symbolic Discovery of Optimization Algorithms, 2023, algorithm 2.
public struct Lion: Optimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The share of the averaged gradients in the direction of a step.
        public var beta1: Double
        /// The decay of the averaged gradients.
        public var beta2: Double
        /// Weight decay, applied to the parameters.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.0001, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.weightDecay = weightDecay
        }

        public init() { self.init(weightDecay: 0) }

        public static let name = "lion"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-8...0.01
        public static var keys: KeyTable<Self> {
            KeyTable(
                .number(
                    "learning_rate", \.learningRate, .learningRate,
                    "learning rate that the schedule starts from: the step of every parameter"),
                .number(
                    "beta1", \.beta1, .decay, "share of the averaged gradients in the direction of a step"),
                .number("beta2", \.beta2, .decay, "decay of the averaged gradients"),
                .weightDecay(\.weightDecay, "applied to the parameters"))
        }

        public func make() -> any Optimizer { Lion(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] { ["exp_avg"] }
    public var coupledWeightDecay: Double { 0 }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        let rate = step.learningRate * group.learningRateFactor
        let decay = configuration.weightDecay * group.weightDecayFactor
        lockstep_update_lion(
            buffers.parameters, buffers.gradients, buffers.moments.0, range.lowerBound, range.upperBound,
            step.kernelArguments(group, coupledWeightDecay: 0), Float(1 - configuration.beta1),
            Float(1 - configuration.beta2), Float(1 - rate * decay))
    }
}

/// It has no squares, and its steps do not depend on the length of the gradients.
extension Lion: SquareWeighingOptimizer {}
