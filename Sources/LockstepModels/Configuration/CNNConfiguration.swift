/// A convolutional network: stages of convolutions, then dense layers, then a linear output layer.
///
/// A stage is `layers` times convolution (same size), batch normalisation (if asked for), activation; then pooling.
/// Dropout stands before each dense layer and before the output layer.
///
/// Shapes: [N, H, W, C] to [N, outputs].
public struct CNNConfiguration: Codable, Sendable, Equatable {
    /// How a stage makes its image smaller.
    public enum Pooling: String, Codable, Sendable, CaseIterable {
        /// The largest of 2 x 2 pixels.
        case max
        /// The mean of 2 x 2 pixels.
        case average
        /// Not at all.
        case none
    }

    /// A stage of convolutions on images of one size.
    public struct Stage: Codable, Sendable, Equatable {
        /// The channels of every convolution of the stage.
        public var channels: Int
        /// The side of the square kernels, odd.
        public var kernel: Int
        /// The number of convolutions.
        public var layers: Int
        /// What follows the last convolution.
        public var pool: Pooling
        /// Whether each convolution is normalised before its activation.
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
    }

    /// The stages, from the input on; at least one.
    public var stages: [Stage]
    /// The units of each dense layer after the stages.
    public var dense: [Int]
    /// The probability with which a unit is dropped in training.
    public var dropout: Double
    /// The function after each convolution and dense layer.
    public var activation: ActivationKind
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration; `initializer` nil takes the usual one for the activation.
    public init(
        stages: [Stage] = [Stage(channels: 32), Stage(channels: 64)], dense: [Int] = [128],
        dropout: Double = 0,
        activation: ActivationKind = .relu, initializer: InitializerKind? = nil
    ) {
        self.stages = stages
        self.dense = dense
        self.dropout = dropout
        self.activation = activation
        self.initializer = initializer ?? activation.usualInitializer
    }

    /// Checks every value against its legal range.
    public func validate() throws(ModelConfigurationError) {
        guard !stages.isEmpty else {
            throw .init(
                path: "stages", problem: "must be a list of at least one stage, such as {channels: 32}")
        }
        for (index, stage) in stages.enumerated() {
            let path = "stages[\(index)]"
            try ModelConfigurationCheck.channels("\(path).channels", stage.channels)
            try ModelConfigurationCheck.kernel("\(path).kernel", stage.kernel)
            try ModelConfigurationCheck.require("\(path).layers", stage.layers, in: .stageDepth)
        }
        for (index, units) in dense.enumerated() {
            try ModelConfigurationCheck.width("dense[\(index)]", units)
        }
        try ModelConfigurationCheck.dropout(dropout)
    }

    /// Checks that images of a shape [height, width, channels] survive the pooling.
    func validate(sampleShape: [Int]) throws(ModelConfigurationError) {
        try requireImage(sampleShape)
        var side = min(sampleShape[0], sampleShape[1])
        for (index, stage) in stages.enumerated() where stage.pool != .none {
            side /= 2
            guard side > 0 else {
                throw .init(
                    path: "stages[\(index)].pool",
                    problem:
                        "images of \(sampleShape[0]) x \(sampleShape[1]) pixels are too small to be halved "
                        + "\(index + 1) times; use 'pool: none', or fewer stages")
            }
        }
    }
}
