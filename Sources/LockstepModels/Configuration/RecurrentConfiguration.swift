/// A recurrent network on tokens: embedding, recurrent layers, and a linear head on every step's state.
///
/// Shapes: [N, L] token ids to [N, L, vocabulary] logits.
public struct RecurrentConfiguration: Codable, Sendable, Equatable {
    /// The function of a plain recurrent network's cell.
    public enum Nonlinearity: String, Codable, Sendable, CaseIterable {
        case tanh
        case relu
    }

    /// The number of recurrent layers.
    public var layers: Int
    /// The width of the embedding.
    public var embedding: Int
    /// The units of each layer.
    public var hidden: Int
    /// The probability with which an element is dropped between layers in training.
    public var dropout: Double
    /// The cell's function; for `rnn` only.
    public var nonlinearity: Nonlinearity
    /// Whether each layer reads the sequence from its end as well, beside the layer that reads it from its start.
    ///
    /// Such a network sees what comes after a token: it may tell something of every token of a whole sequence, but cannot
    /// learn to predict the next one. So training on a text refuses it; programs build it with `ModelConfiguration.make`.
    public var isBidirectional: Bool

    /// Makes a configuration.
    public init(
        layers: Int = 1, embedding: Int = 128, hidden: Int = 256, dropout: Double = 0,
        nonlinearity: Nonlinearity = .tanh, isBidirectional: Bool = false
    ) {
        self.layers = layers
        self.embedding = embedding
        self.hidden = hidden
        self.dropout = dropout
        self.nonlinearity = nonlinearity
        self.isBidirectional = isBidirectional
    }

    /// Checks every value against its legal range.
    public func validate() throws(ModelConfigurationError) {
        try ModelConfigurationCheck.require("layers", layers, in: .depth)
        try ModelConfigurationCheck.width("embedding", embedding)
        try ModelConfigurationCheck.width("hidden", hidden)
        try ModelConfigurationCheck.dropout(dropout)
    }
}
