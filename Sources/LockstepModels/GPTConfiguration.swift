import LockstepAutograd
import LockstepConfiguration
import LockstepLayers

/// A decoder-only Transformer: token embeddings, blocks of causal attention and a feed-forward network, each
/// after a normalization and with a residual connection, a final normalization, and the head.
///
/// The defaults are GPT-2's: an embedding of each position, layer normalization, two linear layers with GELU.
/// Llama's are rotary positions, RMS normalization, SwiGLU, and no biases.
///
/// Shapes: [N, L] token ids to [N, L, vocabulary] logits. Sources: Radford et al. 2019 (GPT-2), Touvron et al.
/// 2023 (Llama).
public struct GPTConfiguration: ModelComponent, Equatable {
    /// The number of blocks.
    public var layers: Int
    /// The width of the residual stream.
    public var width: Int
    /// The number of heads; divides the width.
    public var heads: Int
    /// The number of heads of keys and values, each for several heads of queries; nil for `heads`.
    public var kvHeads: Int?
    /// The probability of dropping an element of embeddings and branches in training.
    public var dropout: Double
    /// Whether the head shares the weights of the token embedding.
    public var tied: Bool
    /// How the network learns the order of the tokens.
    public var positions: Positions
    /// The normalization before each branch and before the head.
    public var norm: Norm
    /// The function within the feed-forward network of a block.
    public var activation: Activation
    /// The width within the feed-forward network; nil for `defaultHidden`.
    public var hidden: Int?
    /// Whether the linear layers of the blocks have biases.
    public var bias: Bool
    /// Whether backward computes each block again, instead of keeping its results in memory.
    public var checkpointActivations: Bool

    /// Where the order of the tokens comes from.
    public enum Positions: String, Sendable, CaseIterable {
        /// A learned vector for each position is added to the embeddings.
        case learned
        /// Attention rotates queries and keys by their positions, see `rotary`.
        case rotary
    }

    /// A normalization.
    public enum Norm: String, Sendable, CaseIterable {
        /// By mean and variance, see `LayerNormalization`.
        case layer
        /// By the root mean square, see `RMSNormalization`.
        case rms
    }

    /// A function within a block.
    public enum Activation: String, Sendable, CaseIterable {
        /// x Phi(x), with the normal distribution function
        case gelu
        /// Its approximation by tanh, which GPT-2 has.
        case geluTanh = "gelu_tanh"
        /// silu(a) b of two linear layers a and b, see `SwiGLU`.
        case swiglu
    }

    /// Makes a configuration.
    public init(
        layers: Int = 4, width: Int = 256, heads: Int = 4, kvHeads: Int? = nil, dropout: Double = 0,
        tied: Bool = true,
        positions: Positions = .learned, norm: Norm = .layer, activation: Activation = .gelu,
        hidden: Int? = nil, bias: Bool = true, checkpointActivations: Bool = false
    ) {
        self.checkpointActivations = checkpointActivations
        self.positions = positions
        self.norm = norm
        self.activation = activation
        self.hidden = hidden
        self.bias = bias
        self.layers = layers
        self.width = width
        self.heads = heads
        self.kvHeads = kvHeads
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
            .optionalInteger(
                "kv_heads", \.kvHeads, .width,
                "heads of keys and values, each for heads / kv_heads heads of queries (grouped-query attention); "
                    + "divides heads; auto: as many",
                absent: "auto"),
            .number(
                "dropout", \.dropout, .dropout,
                "probability with which an element of embeddings and branches is dropped in training"),
            .flag("tied", \.tied, "the output layer has the weights of the token embedding"),
            .word(
                "positions", \.positions,
                "learned: a vector for each position is added to the embeddings, as in GPT-2; rotary: attention "
                    + "rotates queries and keys by their positions, as in Llama"),
            .word("norm", \.norm, "normalization: layer as in GPT-2, rms (root mean square) as in Llama"),
            .word(
                "activation", \.activation,
                "function within a block; gelu_tanh as in GPT-2, swiglu (with a third matrix, the gate) as in Llama"
            ),
            .optionalInteger(
                "hidden", \.hidden, .width,
                "width within the feed-forward network of a block; auto: 4 times width, with swiglu 8/3 times width, "
                    + "rounded up to a multiple of 64, which has about as many parameters",
                absent: "auto"),
            .flag("bias", \.bias, "the linear layers of the blocks have biases"),
            .checkpointActivations(\.checkpointActivations))
    }

    public func check() throws(ComponentError) {
        guard width % heads == 0 else {
            throw ComponentError(
                path: "heads",
                problem: "must divide the width, so that every head gets as many numbers; "
                    + "\(heads) heads do not divide a width of \(width)")
        }
        let kvHeads = kvHeads ?? heads
        guard kvHeads > 0, heads % kvHeads == 0 else {
            throw ComponentError(
                path: "kv_heads",
                problem: "must divide heads, so that each serves as many heads of queries; \(kvHeads) do not "
                    + "divide \(heads)")
        }
        guard positions == .learned || width / heads % 2 == 0 else {
            throw ComponentError(
                path: "positions",
                problem: "rotary rotates pairs of numbers and needs an even width of each head; "
                    + "\(heads) heads of a width of \(width) have \(width / heads) numbers each")
        }
    }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireTokens() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        GPT(scope, self, vocabulary: outputs, context: input.sampleShape[0])
    }

    /// Whether the network has the parts of GPT-2, so that its weights fit.
    public var isGPT2: Bool {
        positions == .learned && norm == .layer && activation == .geluTanh && bias
            && (kvHeads ?? heads) == heads
    }

    /// The width within the feed-forward network if `hidden` is nil: the two matrices of 4 times the width, or the
    /// three of SwiGLU with about as many numbers.
    public var defaultHidden: Int {
        activation == .swiglu ? (8 * width / 3 + 63) / 64 * 64 : 4 * width
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        // Per block at least queries, keys, values (rotated or not), two normalizations, the branch of attention,
        // and the probabilities of each head, half as large in bfloat16. Within the feed-forward network half of
        // what the function keeps and gives: two tensors, three with a gate. With activation checkpointing the
        // block's result, and the rest for one block at a time.
        let (context, width) = (Double(input.sampleShape[0]), Double(width))
        let network = Double(hidden ?? defaultHidden) * (activation == .swiglu ? 1.5 : 1)
        let keys = width * Double(kvHeads ?? heads) / Double(heads)
        let inBlock = 4 * width + 2 * keys + network + 0.5 * Double(heads) * context
        let blocks = checkpointActivations ? 1 : Double(layers)
        return context * (Double(outputs) + width * Double(1 + layers) + inBlock * blocks)
    }
}
