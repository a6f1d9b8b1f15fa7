import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A decoder-only Transformer: token and position embeddings, blocks of causal attention and a two-layer
/// network with GELU, each after a layer normalization and with a residual connection, a final normalization,
/// and the head.
///
/// Shapes: [N, L] token ids to [N, L, vocabulary] logits. Source: Radford et al. 2019 (GPT-2).
public struct GPTConfiguration: ModelComponent, Equatable {
    /// The number of blocks.
    public var layers: Int
    /// The width of the residual stream.
    public var width: Int
    /// The number of heads; divides the width.
    public var heads: Int
    /// The probability of dropping an element of embeddings and branches in training.
    public var dropout: Double
    /// Whether the head shares the weights of the token embedding.
    public var tied: Bool
    /// The function within the two-layer network of a block.
    public var activation: Activation
    /// Whether backward computes each block again, instead of keeping its results in memory.
    public var checkpointActivations: Bool

    /// A function within a block.
    public enum Activation: String, Sendable, CaseIterable {
        /// x Phi(x), with the normal distribution function
        case gelu
        /// Its approximation by tanh, which GPT-2 has.
        case geluTanh = "gelu_tanh"
    }

    /// Makes a configuration.
    public init(
        layers: Int = 4, width: Int = 256, heads: Int = 4, dropout: Double = 0, tied: Bool = true,
        activation: Activation = .gelu, checkpointActivations: Bool = false
    ) {
        self.checkpointActivations = checkpointActivations
        self.activation = activation
        self.layers = layers
        self.width = width
        self.heads = heads
        self.dropout = dropout
        self.tied = tied
    }

    public init() { self.init(dropout: 0) }

    public static let name = "gpt"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("layers", \.layers, .depth, "number of blocks"),
            .integer("width", \.width, .width, "width of the residual stream"),
            .integer("heads", \.heads, .width, "attention heads; divides width"),
            .number(
                "dropout", \.dropout, .dropout,
                "probability with which an element of embeddings and branches is dropped in training"),
            .flag("tied", \.tied, "the output layer has the weights of the token embedding"),
            .word("activation", \.activation, "function within a block; gelu_tanh as in GPT-2"),
            .checkpointActivations(\.checkpointActivations))
    }

    public func check() throws(ComponentError) {
        guard width % heads == 0 else {
            throw ComponentError(
                path: "heads",
                problem: "must divide the width, so that every head gets as many numbers; "
                    + "\(heads) heads do not divide a width of \(width)")
        }
    }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireTokens() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        GPT(scope, self, vocabulary: outputs, context: input.sampleShape[0])
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        // Per block at least queries, keys, values, two normalizations, two branches, 4 times the width
        // within the second, and the probabilities of each head, half as large in bfloat16. With activation
        // checkpointing its result, and the rest for one block at a time.
        let (context, width) = (Double(input.sampleShape[0]), Double(width))
        let inBlock = 10 * width + 0.5 * Double(heads) * context
        let blocks = checkpointActivations ? 1 : Double(layers)
        return context * (Double(outputs) + width * Double(1 + layers) + inBlock * blocks)
    }
}
