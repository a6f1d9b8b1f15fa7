/// A decoder-only Transformer: token and position embeddings, blocks of causal attention and a two-layer network with
/// GELU, each behind a layer normalisation and beside a residual connection, a last normalisation, and the head.
///
/// Shapes: [N, L] token ids to [N, L, vocabulary] logits. Source: Radford et al. 2019 (GPT-2).
public struct GPTConfiguration: Codable, Sendable, Equatable {
    /// The number of blocks.
    public var layers: Int
    /// The width of the residual stream.
    public var width: Int
    /// The number of heads; divides the width.
    public var heads: Int
    /// The probability with which an element of embeddings and of each branch's result is dropped in training.
    public var dropout: Double
    /// Whether the head's weights are those of the token embedding.
    public var tied: Bool

    /// Makes a configuration.
    public init(layers: Int = 4, width: Int = 256, heads: Int = 4, dropout: Double = 0, tied: Bool = true) {
        self.layers = layers
        self.width = width
        self.heads = heads
        self.dropout = dropout
        self.tied = tied
    }

    /// Checks every value against its legal range.
    public func validate() throws(ModelConfigurationError) {
        try ModelConfigurationCheck.require("layers", layers, in: .depth)
        try ModelConfigurationCheck.width("width", width)
        try ModelConfigurationCheck.width("heads", heads)
        guard width % heads == 0 else {
            throw .init(
                path: "heads",
                problem: "must divide the width, so that every head gets as many numbers; "
                    + "\(heads) heads do not divide a width of \(width)")
        }
        try ModelConfigurationCheck.dropout(dropout)
    }
}
