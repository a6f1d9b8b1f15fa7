import CKernels
import LockstepConfiguration

/// Stochastic gradient descent: m = momentum m + g; p -= rate m (or rate (g + momentum m) with Nesterov).
///
/// The momentum buffer starts at zero, which gives PyTorch's first step (where the buffer becomes the gradient).
/// Source: PyTorch's `torch.optim.SGD` with dampening 0; Sutskever et al. 2013 for Nesterov's momentum.
public struct SGD: Optimizer {
    /// The constants.
    public struct Configuration: OptimizerComponent, Hashable {
        public var learningRate: Double
        /// The factor on the velocity; 0 for none.
        public var momentum: Double
        /// Whether to look ahead along the velocity; needs momentum.
        public var nesterov: Bool
        /// Weight decay, added to the gradient.
        public var weightDecay: Double

        /// A configuration.
        public init(
            learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
        ) {
            self.learningRate = learningRate
            self.momentum = momentum
            self.nesterov = nesterov
            self.weightDecay = weightDecay
        }

        public init() { self.init(momentum: 0) }

        public static let name = "sgd"
        public static let usualLearningRates: ClosedRange<Double>? = 1e-5...10
        public static var keys: KeyTable<Self> {
            KeyTable(
                .learningRate(\.learningRate), .momentum(\.momentum),
                .flag("nesterov", \.nesterov, "look ahead along the velocity; needs momentum"),
                .weightDecay(\.weightDecay, "added to the gradient"))
        }

        public func check() throws(ComponentError) {
            guard !nesterov || momentum > 0 else {
                throw ComponentError(
                    path: "momentum",
                    problem: "must be above 0 where nesterov is true; got \(LegalRange.text(momentum))")
            }
        }

        public func make() -> any Optimizer { SGD(self) }
    }

    private let configuration: Configuration

    /// The optimizer with these constants.
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
