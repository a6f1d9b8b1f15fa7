import LockstepAutograd
import LockstepConfiguration
import LockstepLayers
import LockstepOperations

/// The size of a recurrent language model, for all cells.
public struct RecurrentSize: Configurable, Equatable {
    /// The number of recurrent layers.
    public var layers: Int
    /// The width of the embedding.
    public var embedding: Int
    /// The units of each layer.
    public var hidden: Int
    /// The probability of dropping an element between layers in training.
    public var dropout: Double
    /// Whether a second layer beside each one reads the sequence from its end.
    ///
    /// Such a network sees later tokens: it can classify tokens of a whole sequence, but cannot learn
    /// next-token prediction. Training on a text rejects it; programs build it with `make`.
    public var isBidirectional: Bool

    /// Makes a size.
    public init(
        layers: Int = 1, embedding: Int = 128, hidden: Int = 256, dropout: Double = 0,
        isBidirectional: Bool = false
    ) {
        self.layers = layers
        self.embedding = embedding
        self.hidden = hidden
        self.dropout = dropout
        self.isBidirectional = isBidirectional
    }

    public init() { self.init(dropout: 0) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("layers", \.layers, .depth, "number of recurrent layers"),
            .integer("embedding", \.embedding, .width, "width of the token embedding"),
            .integer("hidden", \.hidden, .width, "units of each layer"),
            .number(
                "dropout", \.dropout, .dropout,
                "probability with which an element between layers is dropped in training"),
            .flag("bidirectional", \.isBidirectional, "read from both ends; refused for texts"))
    }
}

/// A recurrent network on tokens: embedding, recurrent layers, and a linear head on every step's state.
///
/// Shapes: [N, L] token ids to [N, L, vocabulary] logits.
public protocol RecurrentConfiguration: ModelComponent {
    /// Its size.
    var size: RecurrentSize { get set }
    /// The cell of its layers.
    var cell: RecurrentCell { get }
}

extension RecurrentConfiguration {
    /// The default cell with a size.
    public init(_ size: RecurrentSize) {
        self.init()
        self.size = size
    }

    public var seesAhead: Bool { size.isBidirectional }

    public func check(input: ModelInput) throws(ComponentError) { try input.requireTokens() }

    public func make(_ scope: ParameterScope, input: ModelInput, outputs: Int) -> any Model {
        let vocabulary = if case .tokens(let vocabulary, _) = input { vocabulary } else { outputs }
        return RecurrentLanguageModel(
            scope, name: name, cell: cell, size, vocabulary: vocabulary, outputs: outputs)
    }

    public func activationCount(input: ModelInput, outputs: Int) -> Double {
        Double(input.sampleShape[0])
            * (Double(outputs) + Double(size.embedding) + Double(size.hidden) * Double(size.layers))
    }
}

/// A language model of plain recurrent layers.
public struct RNNConfiguration: RecurrentConfiguration, Equatable {
    /// The function of the cell.
    public enum Nonlinearity: String, Sendable, CaseIterable {
        /// The hyperbolic tangent.
        case tanh
        /// max(x, 0).
        case relu
    }

    public var size = RecurrentSize()
    /// The function of the cell.
    public var nonlinearity = Nonlinearity.tanh

    public init() {}

    public static let name = "rnn"
    public static var keys: KeyTable<Self> {
        KeyTable(
            .including(\.size), .word("nonlinearity", \.nonlinearity, "function of the recurrence"))
    }

    public var cell: RecurrentCell { nonlinearity == .tanh ? .tanh : .relu }
}

/// A language model of long short-term memory.
public struct LSTMConfiguration: RecurrentConfiguration, Equatable {
    public var size = RecurrentSize()

    public init() {}

    public static let name = "lstm"
    public static var keys: KeyTable<Self> { KeyTable(.including(\.size)) }

    public var cell: RecurrentCell { .lstm }
}

/// A language model of gated recurrent units.
public struct GRUConfiguration: RecurrentConfiguration, Equatable {
    public var size = RecurrentSize()

    public init() {}

    public static let name = "gru"
    public static var keys: KeyTable<Self> { KeyTable(.including(\.size)) }

    public var cell: RecurrentCell { .gru }
}
