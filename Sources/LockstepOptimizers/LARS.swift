import CKernels
import LockstepConfiguration
import LockstepContracts

/// LARS: momentum SGD whose step of each parameter is in proportion to the norm of its weights, for large batches.
///
/// ratio = trust_coefficient |p| / (|g| + weight_decay |p|); m = momentum m + ratio (g + weight_decay p); p -= rate m. The ratio is 1
/// where a norm is 0, and for parameters that are exempt from weight decay. As in SGD the learning rate multiplies the velocity;
/// at a constant rate these are the steps of the paper, whose velocity contains the rate.
/// Source: You, Gitman, Ginsburg: Large Batch Training of Convolutional Networks, 2017, algorithm 1.
public struct LARS: LayerwiseOptimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The factor on the velocity; 0 for none.
        public var momentum: Double
        /// The step of a parameter is this times the norm of its weights over that of its gradient.
        public var trustCoefficient: Double
        /// Weight decay, added to the gradient.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 1, momentum: Double = 0.9, trustCoefficient: Double = 0.001,
            weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.momentum = momentum
            self.trustCoefficient = trustCoefficient
            self.weightDecay = weightDecay
        }

        public init() { self.init(momentum: 0.9) }

        public static let name = "lars"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-3...100
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate), .momentum(\.momentum),
                .number(
                    "trust_coefficient", \.trustCoefficient, .trust,
                    "the step of a parameter is this times the norm of its weights over that of its gradient"),
                .weightDecay(\.weightDecay, "added to the gradient"))
        }

        public func make() -> any Optimizer { LARS(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] { configuration.momentum > 0 ? ["momentum_buffer"] : [] }
    public var coupledWeightDecay: Double { configuration.weightDecay }

    public func squares(
        of range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) -> LayerSquares {
        // The formula adds the norm of the decay separately.
        let squares = lockstep_lars_squares(
            buffers.parameters, buffers.gradients, range.lowerBound, range.upperBound,
            step.kernelArguments(group, coupledWeightDecay: 0))
        return LayerSquares(weights: squares.parameters, direction: squares.direction)
    }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        guard let norms = step.layer else { brokenContract("LARS: an update without the norms of layers") }
        let decay = configuration.weightDecay * group.weightDecayFactor
        let isAdapted = group.weightDecayFactor != 0 && norms.weights > 0 && norms.direction > 0
        let ratio =
            isAdapted
            ? configuration.trustCoefficient * norms.weights / (norms.direction + decay * norms.weights) : 1
        lockstep_update_lars(
            buffers.parameters, buffers.gradients, configuration.momentum > 0 ? buffers.moments.0 : nil,
            range.lowerBound, range.upperBound,
            step.kernelArguments(group, coupledWeightDecay: coupledWeightDecay), Float(ratio),
            Float(configuration.momentum))
    }
}
