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
            try OptimizerError.require(learningRate >= 0, "learning_rate", learningRate, "0 or more")
            try OptimizerError.require(
                learningRateDecay >= 0, "learning_rate_decay", learningRateDecay, "0 or more")
            try OptimizerError.require(epsilon > 0, "epsilon", epsilon, "above 0")
            try OptimizerError.require(
                initialAccumulator >= 0, "initial_accumulator", initialAccumulator, "0 or more")
            try OptimizerError.require(weightDecay >= 0, "weight_decay", weightDecay, "0 or more")
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
            Float(step.squareShare), Float(configuration.epsilon))
    }
}
