import CKernels

/// Stochastic gradient descent: m = momentum m + g; p -= rate m (or rate (g + momentum m) with Nesterov).
///
/// The momentum buffer starts at zero, which gives PyTorch's first step (where the buffer becomes the gradient).
/// Source: PyTorch's `torch.optim.SGD` with dampening 0; Sutskever et al. 2013 for Nesterov's momentum.
public struct SGD: Optimizer {
    /// What can be chosen.
    public struct Configuration: Codable, Sendable, Hashable {
        public var learningRate: Double
        public var momentum: Double
        public var nesterov: Bool
        public var weightDecay: Double

        public init(
            learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.momentum = momentum
            self.nesterov = nesterov
            self.weightDecay = weightDecay
        }

        /// Checks every value.
        public func validate() throws(OptimizerError) {
            try OptimizerError.require(learningRate, in: .learningRate, "learning_rate")
            try OptimizerError.require(momentum, in: .decay, "momentum")
            try OptimizerError.require(weightDecay, in: .weightDecay, "weight_decay")
            try OptimizerError.require(
                !nesterov || momentum > 0, "momentum", momentum, "above 0 where nesterov is true")
        }
    }

    private let configuration: Configuration

    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var momentNames: [String] { configuration.momentum > 0 ? ["momentum_buffer"] : [] }
    public var coupledWeightDecay: Double { configuration.weightDecay }

    public func apply(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) {
        lockstep_update_sgd(
            buffers.parameters, buffers.gradients, configuration.momentum > 0 ? buffers.moments.0 : nil,
            range.lowerBound, range.upperBound,
            step.kernelArguments(group, coupledWeightDecay: coupledWeightDecay),
            Float(configuration.momentum), configuration.nesterov ? 1 : 0)
    }
}

extension SGD: MomentumOptimizer {
    public var momentum: Momentum? {
        configuration.momentum > 0
            ? Momentum(decay: configuration.momentum, isNesterov: configuration.nesterov) : nil
    }

    public var withoutMomentum: any Optimizer {
        var rest = configuration
        (rest.momentum, rest.nesterov) = (0, false)
        return SGD(rest)
    }
}
