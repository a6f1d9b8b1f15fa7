import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A residual network for small images: a 3 x 3 convolution, three stages of n blocks of two convolutions
/// each, with `width`, 2 `width` and 4 `width` channels, global average pooling, and a linear output layer.
/// Depth is 6n + 2.
///
/// Shapes: [N, H, W, C] to [N, outputs].
///
/// Source: He et al.: Deep Residual Learning for Image Recognition (2015), section 4.2.
public struct ResNetConfiguration: ModelComponent, Equatable {
    /// The number of weighted layers: 8, 14, 20, 26, 32, 44, 56, 110 and so on.
    public var depth: Int
    /// The channels of the first stage.
    public var width: Int
    /// The probability of dropping a unit before the output layer in training.
    public var dropout: Double
    /// The distribution of the initial weights.
    public var initializer: InitializerKind

    /// Makes a configuration.
    public init(
        depth: Int = 20, width: Int = 16, dropout: Double = 0, initializer: InitializerKind = .heNormal
    ) {
        self.depth = depth
        self.width = width
        self.dropout = dropout
        self.initializer = initializer
    }

    /// The number of blocks in each of the three stages.
    public var blocksPerGroup: Int { (depth - 2) / 6 }

    public init() { self.init(dropout: 0) }

    public static let name = "resnet"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("depth", \.depth, .residualDepth, "number of layers: 6n + 2"),
            .integer("width", \.width, .channels, "channels of the first stage"),
            .number(
                "dropout", \.dropout, .dropout, "probability with which a unit is dropped in training"),
            .word("initializer", \.initializer, "distribution of the initial weights"))
    }

    public func check() throws(ComponentError) {
        guard (depth - 2) % 6 == 0 else {
            let below = (depth - 2) / 6 * 6 + 2
            throw ComponentError(
                path: "depth",
                problem: "must be 6n + 2 for a whole n from 1 to 200 (8, 14, 20, 26, 32, ...); got \(depth), "
                    + "the nearest are \(below) and \(below + 6)")
        }
    }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireImage() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        ResNet(scope, self, inputShape: input.sampleShape, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        // The stages have 1, 2 and 4 times the channels on 1, 1/4 and 1/16 of the pixels, with two
        // convolutions per block.
        let shape = input.sampleShape.extents.map(Double.init)
        return Double(outputs) + shape[0] * shape[1] * Double(width) * (1 + 3.5 * Double(blocksPerGroup))
    }
}
