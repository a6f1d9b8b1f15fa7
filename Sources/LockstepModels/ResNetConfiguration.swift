import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A residual network. By default one for small images: a 3 x 3 convolution, three stages of n blocks of two
/// convolutions each, with `width`, 2 `width` and 4 `width` channels, global average pooling, and a linear
/// output layer. Depth is 6n + 2.
///
/// With `blocks`, `block` and `stem` it is one for large images: `{blocks: [3, 4, 6, 3], block: bottleneck,
/// stem: conv7_pool, width: 64}` is torchvision's `resnet50`, whose bottleneck blocks have the stride in the
/// 3 x 3 convolution.
///
/// Shapes: [N, H, W, C] to [N, outputs].
///
/// Source: He et al.: Deep Residual Learning for Image Recognition (2015), sections 4.1 and 4.2.
public struct ResNetConfiguration: ModelComponent, Equatable {
    /// What the blocks consist of.
    public enum BlockKind: String, Sendable, CaseIterable {
        /// Two 3 x 3 convolutions.
        case basic
        /// A 1 x 1 convolution, one of 3 x 3, and one of 1 x 1 with four times the channels.
        case bottleneck

        /// The channels of a block's result, as a multiple of those within it.
        public var expansion: Int { self == .basic ? 1 : 4 }
    }

    /// What comes before the first stage.
    public enum Stem: String, Sendable, CaseIterable {
        /// A 3 x 3 convolution.
        case conv3
        /// A 7 x 7 convolution with stride 2, and maxima of 3 x 3 windows with stride 2: a quarter of the height and width.
        case conv7Pool = "conv7_pool"
    }

    /// The number of weighted layers: 8, 14, 20, 26, 32, 44, 56, 110 and so on; not used with `blocks`.
    public var depth: Int
    /// The number of blocks in each stage; empty for (depth - 2) / 6 in each of three.
    public var blocks: [Int]
    /// The kind of the blocks.
    public var block: BlockKind
    /// The layers before the first stage.
    public var stem: Stem
    /// The channels of the first stage.
    public var width: Int
    /// The probability of dropping a unit before the output layer in training.
    public var dropout: Double
    /// The distribution of the initial weights.
    public var initializer: InitializerKind
    /// Whether backward computes each block again, instead of keeping its results in memory.
    public var checkpointActivations: Bool

    /// Makes a configuration.
    public init(
        depth: Int = 20, width: Int = 16, dropout: Double = 0, initializer: InitializerKind = .heNormal,
        blocks: [Int] = [], block: BlockKind = .basic, stem: Stem = .conv3,
        checkpointActivations: Bool = false
    ) {
        self.checkpointActivations = checkpointActivations
        self.blocks = blocks
        self.block = block
        self.stem = stem
        self.depth = depth
        self.width = width
        self.dropout = dropout
        self.initializer = initializer
    }

    /// The number of blocks in each stage.
    public var stageBlocks: [Int] {
        blocks.isEmpty ? [Int](repeating: (depth - 2) / 6, count: 3) : blocks
    }

    public init() { self.init(dropout: 0) }

    public static let name = "resnet"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("depth", \.depth, .residualDepth, "number of layers: 6n + 2; not used with blocks"),
            .integers(
                "blocks", \.blocks, .stageDepth, count: .residualStages,
                "blocks of each stage, such as [3, 4, 6, 3]; by default three stages as depth says"),
            .word(
                "block", \.block, "two convolutions of 3 x 3, or three with a narrow one in the middle"),
            .word(
                "stem", \.stem,
                "layers before the first stage: a convolution of 3 x 3, or one of 7 x 7 and pooling, for large images"
            ),
            .integer("width", \.width, .channels, "channels of the first stage"),
            .number(
                "dropout", \.dropout, .dropout, "probability with which a unit is dropped in training"),
            .word("initializer", \.initializer, "distribution of the initial weights"),
            .checkpointActivations(\.checkpointActivations))
    }

    public func check() throws(ComponentError) {
        guard !blocks.isEmpty || (depth - 2) % 6 == 0 else {
            let below = (depth - 2) / 6 * 6 + 2
            throw ComponentError(
                path: "depth",
                problem:
                    "must be 6n + 2 for a whole n from 1 to 200 (8, 14, 20, 26, 32, ...); got \(depth), "
                    + "the nearest are \(below) and \(below + 6)")
        }
    }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireImage() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        ResNet(scope, self, inputShape: input.sampleShape, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        // Each stage has twice the channels of the one before it on a quarter of the pixels.
        let shape = input.sampleShape.extents.map(Double.init)
        var pixels = shape[0] * shape[1]
        var count = pixels
        if stem == .conv7Pool {
            count = pixels / 4 + pixels / 16
            pixels /= 16
        }
        // With activation checkpointing at least the results of blocks; what is in one block is left out.
        let convolutions =
            checkpointActivations ? Double(block.expansion) : block == .basic ? 2.0 : 6.0
        for (stage, blocks) in stageBlocks.enumerated() {
            count += convolutions * Double(blocks) * pixels / Double(1 << stage)
        }
        return Double(outputs) + Double(width) * count
    }
}
