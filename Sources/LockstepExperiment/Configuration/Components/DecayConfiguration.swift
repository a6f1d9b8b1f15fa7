import LockstepAutograd
import LockstepConfiguration

/// The parameters that weight decay, `l1` and `l2` apply to, by their role; all by default.
public struct DecayConfiguration: Configurable, Equatable {
    /// Whether they apply to scales and shifts of normalization.
    public var norms: Bool
    /// Whether they apply to biases of other layers.
    public var biases: Bool
    /// Whether they apply to embeddings.
    public var embeddings: Bool

    /// Makes a configuration.
    public init(norms: Bool = true, biases: Bool = true, embeddings: Bool = true) {
        self.norms = norms
        self.biases = biases
        self.embeddings = embeddings
    }

    public init() { self.init(norms: true) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .flag(
                "norms", \.norms,
                "whether weight decay, l1 and l2 apply to scales and shifts of normalization; lars and lamb do "
                    + "not adapt the steps of parameters without decay"
            ),
            .flag("biases", \.biases, "the same for biases of other layers"),
            .flag("embeddings", \.embeddings, "the same for tables of vectors: of tokens, of positions"))
    }

    /// The factor on weight decay, `l1` and `l2` of a parameter.
    package func factor(_ role: ParameterRole) -> Double {
        let applies =
            switch role {
            case .weight: true
            case .bias: biases
            case .scale, .shift: norms
            case .embedding: embeddings
            }
        return applies ? 1 : 0
    }
}
