import CKernels
import LockstepConfiguration

/// Adagrad: s += g^2; p -= rate / (1 + (t - 1) decay) g / (sqrt(s) + epsilon).
///
/// Source: Duchi, Hazan, Singer 2011; PyTorch's `torch.optim.Adagrad`.
public struct Adagrad: Optimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The rate is divided by 1 + this times the number of earlier steps.
        public var learningRateDecay: Double
        /// Added to the root of the squares.
        public var epsilon: Double
        /// The value that the sums of squares begin with.
        public var initialAccumulator: Double
        /// Weight decay, added to the gradient.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.01, learningRateDecay: Double = 0, epsilon: Double = 1e-10,
            initialAccumulator: Double = 0, weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.learningRateDecay = learningRateDecay
            self.epsilon = epsilon
            self.initialAccumulator = initialAccumulator
            self.weightDecay = weightDecay
        }

        public init() { self.init(learningRateDecay: 0) }

        public static let name = "adagrad"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-5...1
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate),
                .number(
                    "learning_rate_decay", \.learningRateDecay, .learningRateDecay,
                    "the rate is divided by 1 + this times the number of steps"),
                .epsilon(\.epsilon),
                .number(
                    "initial_accumulator", \.initialAccumulator, .initialAccumulator,
                    "value that the sums of squares begin with"),
                .weightDecay(\.weightDecay, "added to the gradient"))
        }

        public func make() -> any Optimizer { Adagrad(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] { ["sum"] }
    public var initialMoment: Float { Float(configuration.initialAccumulator) }
    public var coupledWeightDecay: Double { configuration.weightDecay }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        var decayed = step
        decayed.learningRate /= 1 + Double(step.number - 1) * configuration.learningRateDecay
        return lockstep_update_adagrad(
            buffers.parameters, buffers.gradients, buffers.moments.0, range.lowerBound, range.upperBound,
            decayed.kernelArguments(group, coupledWeightDecay: coupledWeightDecay),
            Float(step.squareShare), Float(configuration.epsilon))
    }
}
