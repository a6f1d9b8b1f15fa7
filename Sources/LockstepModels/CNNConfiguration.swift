import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A convolutional network: stages of convolutions, then dense layers, then a linear output layer.
///
/// A stage repeats convolution (same size), optional batch normalization and activation `layers` times; then
/// pooling. Dropout precedes each dense layer and the output layer.
///
/// Shapes: [N, H, W, C] to [N, outputs].
public struct CNNConfiguration: ModelComponent, Equatable {
    /// The pooling at the end of a stage.
    public enum Pooling: String, Sendable, CaseIterable {
        /// The maximum of 2 x 2 pixels.
        case max
        /// The mean of 2 x 2 pixels.
        case average
        /// No pooling.
        case none
    }

    /// A stage of convolutions on images of one size.
    public struct Stage: Configurable, Equatable {
        /// The channels of every convolution of the stage.
        public var channels: Int
        /// The side of the square kernels, odd.
        public var kernel: Int
        /// The number of convolutions.
        public var layers: Int
        /// The pooling after the last convolution.
        public var pool: Pooling
        /// Whether to normalize each convolution before its activation.
        public var batchNormalization: Bool

        /// Makes a stage.
        public init(
            channels: Int, kernel: Int = 3, layers: Int = 1, pool: Pooling = .max,
            batchNormalization: Bool = false
        ) {
            self.channels = channels
            self.kernel = kernel
            self.layers = layers
            self.pool = pool
            self.batchNormalization = batchNormalization
        }

        public init() { self.init(channels: 1) }

        public static var keys: KeyTable<Self> {
            KeyTable(
                .integer(
                    "channels", \.channels, .channels, "output channels of each convolution of the stage",
                    default: .required),
                .integer("kernel", \.kernel, .kernelSide, "side of the kernels, odd"),
                .integer("layers", \.layers, .stageDepth, "number of convolutions"),
                .word("pool", \.pool, "2 x 2 pooling after the last convolution"),
                .flag(
                    "batch_norm", \.batchNormalization,
                    "normalize each convolution before its activation, by the statistics of a shard"))
        }
    }

    /// The stages, from the input on; at least one.
    public var stages: [Stage]
    /// The units of each dense layer after the stages.
    public var dense: [Int]
    /// The probability of dropping a unit in training.
    public var dropout: Double
    /// The activation after each convolution and dense layer.
    public var activation: ActivationKind
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration; `initializer` nil takes the default of the activation.
    public init(
        stages: [Stage] = [Stage(channels: 32), Stage(channels: 64)], dense: [Int] = [128],
        dropout: Double = 0,
        activation: ActivationKind = .relu, initializer: InitializerKind? = nil
    ) {
        self.stages = stages
        self.dense = dense
        self.dropout = dropout
        self.activation = activation
        self.initializer = initializer ?? activation.defaultInitializer
    }

    public init() { self.init(dropout: 0) }

    public static let name = "cnn"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .sections("stages", \.stages, count: .stages, "stages of convolutions on images of one size"),
            .integers("dense", \.dense, .width, count: .layers, "units of each dense layer after the stages"),
            .number(
                "dropout", \.dropout, .dropout, "probability with which a unit is dropped in training"),
            .word("activation", \.activation, "function after each convolution and dense layer"),
            .word(
                "initializer", \.initializer,
                "distribution of the initial weights; by default the one for the activation",
                default: .following { $0.activation.defaultInitializer }))
    }

    public func check() throws(ComponentError) {
        guard !stages.isEmpty else {
            throw ComponentError(
                path: "stages", problem: "must be a list of at least one stage, such as {channels: 32}")
        }
        for (index, stage) in stages.enumerated() where stage.kernel % 2 == 0 {
            throw ComponentError(
                path: "stages[\(index)].kernel",
                problem:
                    "must be an odd number\(LegalRange<Int>.kernelSide.words), so that images keep their size; "
                    + "got \(stage.kernel)")
        }
    }

    /// Checks that images are large enough for the pooling.
    public func check(input: ModelInput) throws(ComponentError) {
        let shape = try input.requireImage()
        var side = min(shape[0], shape[1])
        for (index, stage) in stages.enumerated() where stage.pool != .none {
            side /= 2
            guard side > 0 else {
                throw ComponentError(
                    path: "stages[\(index)].pool",
                    problem:
                        "images of \(shape[0]) x \(shape[1]) pixels are too small to be halved "
                        + "\(index + 1) times; use 'pool: none', or fewer stages")
            }
        }
    }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        CNN(scope, self, inputShape: input.sampleShape, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        let shape = input.sampleShape.extents.map(Double.init)
        var pixels = shape[0] * shape[1]
        var count = dense.reduce(Double(outputs)) { $0 + Double($1) }
        for stage in stages {
            count += pixels * Double(stage.channels) * Double(stage.layers)
            if stage.pool != .none { pixels /= 4 }
        }
        return count
    }
}
