import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A network of depthwise separable convolutions: a 3 x 3 convolution, then stages of blocks (a depthwise 3 x
/// 3 convolution and a pointwise one, each with batch normalization and ReLU), global average pooling, and a
/// linear output layer.
///
/// Shapes: [N, H, W, C] to [N, outputs].
///
/// Source: Howard et al.: MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications
/// (2017).
public struct MobileNetConfiguration: ModelComponent, Equatable {
    /// Blocks with the same number of channels.
    public struct Stage: Configurable, Equatable {
        /// The channels of every block of the stage, before the width multiplier.
        public var channels: Int
        /// The number of blocks.
        public var blocks: Int
        /// The stride of the first block: 2 halves the image.
        public var stride: Int

        /// Makes a stage.
        public init(channels: Int, blocks: Int = 1, stride: Int = 1) {
            self.channels = channels
            self.blocks = blocks
            self.stride = stride
        }

        public init() { self.init(channels: 1) }

        public static var keys: KeyTable<Self> {
            KeyTable(
                .integer(
                    "channels", \.channels, .channels, "output channels of each block of the stage",
                    default: .required),
                .integer("blocks", \.blocks, .stageDepth, "number of blocks"),
                .integer("stride", \.stride, .stride, "stride of the first block; 2 halves the image"))
        }
    }

    /// The factor on all numbers of channels; at least 8 channels remain.
    public var width: Double
    /// The channels of the first convolution, before the width multiplier.
    public var stem: Int
    /// The stride of the first convolution: 1 for small images, 2 for photographs.
    public var stemStride: Int
    /// The stages, from the input on; at least one.
    public var stages: [Stage]
    /// The probability of dropping a unit before the output layer in training.
    public var dropout: Double
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration.
    public init(
        width: Double = 1, stem: Int = 32, stemStride: Int = 1,
        stages: [Stage] = [
            Stage(channels: 64), Stage(channels: 128, blocks: 2, stride: 2),
            Stage(channels: 256, blocks: 2, stride: 2), Stage(channels: 512, blocks: 2, stride: 2),
        ],
        dropout: Double = 0, initializer: InitializerKind = .heNormal
    ) {
        self.width = width
        self.stem = stem
        self.stemStride = stemStride
        self.stages = stages
        self.dropout = dropout
        self.initializer = initializer
    }

    /// A number of channels after the width multiplier: rounded, and at least 8.
    public func scaled(_ channels: Int) -> Int {
        max(8, Int((Double(channels) * width).rounded()))
    }

    public init() { self.init(dropout: 0) }

    public static let name = "mobilenet"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .number("width", \.width, .widthFactor, "factor on all numbers of channels"),
            .integer("stem", \.stem, .channels, "channels of the first convolution, before that factor"),
            .integer("stem_stride", \.stemStride, .stride, "stride of the first convolution"),
            .sections("stages", \.stages, count: .stages, "stages of depthwise separable convolutions"),
            .number(
                "dropout", \.dropout, .dropout,
                "probability with which a unit before the output layer is dropped in training"),
            .word("initializer", \.initializer, "distribution of the initial weights"))
    }

    public func check() throws(ComponentError) {
        guard !stages.isEmpty else {
            throw ComponentError(
                path: "stages", problem: "must be a list of at least one stage, such as {channels: 64}")
        }
    }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireImage() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        MobileNet(scope, self, inputShape: input.sampleShape, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        let shape = input.sampleShape.extents.map(Double.init)
        var pixels = shape[0] * shape[1] / Double(stemStride * stemStride)
        var count = Double(outputs) + pixels * Double(scaled(stem))
        for stage in stages {
            pixels /= Double(stage.stride * stage.stride)
            count += pixels * Double(scaled(stage.channels)) * Double(stage.blocks)
        }
        return count
    }
}
