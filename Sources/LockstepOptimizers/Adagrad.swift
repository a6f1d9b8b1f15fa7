import CKernels

/// Adagrad: s += g^2; p -= rate / (1 + (t - 1) decay) g / (sqrt(s) + epsilon).
///
/// Source: Duchi, Hazan, Singer 2011; PyTorch's `torch.optim.Adagrad`.
public struct Adagrad: Optimizer {
    /// What can be chosen.
    public struct Configuration: Codable, Sendable, Hashable {
        public var learningRate: Double
        public var learningRateDecay: Double
        public var epsilon: Double
        public var initialAccumulator: Double
        public var weightDecay: Double

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

        /// Checks every value.
        public func validate() throws(OptimizerError) {
            try OptimizerError.require(learningRate, in: .learningRate, "learning_rate")
            try OptimizerError.require(learningRateDecay, in: .learningRateDecay, "learning_rate_decay")
            try OptimizerError.require(epsilon, in: .epsilon, "epsilon")
            try OptimizerError.require(initialAccumulator, in: .initialAccumulator, "initial_accumulator")
            try OptimizerError.require(weightDecay, in: .weightDecay, "weight_decay")
        }
    }

    private let configuration: Configuration

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
            1, Float(configuration.epsilon))
    }
}
