import CKernels
import Glibc
import LockstepConfiguration
import LockstepContracts

/// LAMB: Adam whose step of each parameter is in proportion to the norm of its weights, for large batches.
///
/// m and v as in Adam; u = m' / (sqrt(v') + epsilon) + weight_decay p; p -= rate |p| / |u| u. The ratio of the norms is 1 where one
/// of them is 0, and for parameters that are exempt from weight decay.
/// Source: You et al.: Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, 2020, algorithm 2.
public struct LAMB: LayerwiseOptimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The decay of the averaged gradients.
        public var beta1: Double
        /// The decay of the averaged squares.
        public var beta2: Double
        /// Added to the root of the squares.
        public var epsilon: Double
        /// Weight decay, added to the direction of the step.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
            weightDecay: Double = 0.01
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }

        public init() { self.init(weightDecay: 0.01) }

        public static let name = "lamb"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-6...0.1
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate), .beta1(\.beta1), .beta2(\.beta2), .epsilon(\.epsilon),
                .weightDecay(\.weightDecay, "added to the direction of the step"))
        }

        public func make() -> any Optimizer { LAMB(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] { ["exp_avg", "exp_avg_sq"] }
    public var coupledWeightDecay: Double { 0 }

    private func direction(_ group: ParameterGroup, _ step: UpdateStep) -> lockstep_lamb_direction {
        let time = Double(step.number)
        return lockstep_lamb_direction(
            correction: Float(1 / (1 - pow(configuration.beta1, time))),
            inverse_root: Float(1 / (1 - pow(configuration.beta2, time)).squareRoot()),
            epsilon: Float(configuration.epsilon),
            decay: Float(configuration.weightDecay * group.weightDecayFactor))
    }

    public func squares(
        of range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) -> LayerSquares {
        let squares = lockstep_lamb_squares(
            buffers.parameters, buffers.gradients, buffers.moments.0, buffers.moments.1, range.lowerBound,
            range.upperBound, step.kernelArguments(group, coupledWeightDecay: 0),
            Float(1 - configuration.beta1), Float(configuration.beta2), Float(1 - configuration.beta2),
            direction(group, step))
        return LayerSquares(weights: squares.parameters, direction: squares.direction)
    }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        guard let norms = step.layer else { brokenContract("LAMB: an update without the norms of layers") }
        let isAdapted = group.weightDecayFactor != 0 && norms.weights > 0 && norms.direction > 0
        let ratio = isAdapted ? norms.weights / norms.direction : 1
        lockstep_update_lamb(
            buffers.parameters, buffers.moments.0, buffers.moments.1, range.lowerBound, range.upperBound,
            Float(step.learningRate * group.learningRateFactor * ratio), direction(group, step))
    }
}
