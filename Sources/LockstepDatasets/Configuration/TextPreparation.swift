/// How a text is cut into windows, and what of it is held back: what all text recipes have in common.
///
/// A token is a byte. A window is `context` tokens and, as targets, the tokens that follow each of them. Windows of the
/// training part do not overlap; a last incomplete one is dropped, and another piece is dropped in every epoch where
/// windows start at a random place.
public struct TextPreparation: Codable, Sendable, Hashable {
    /// The number of different tokens: those of a byte.
    public static let vocabulary = 256

    /// The number of tokens of a window.
    public var context: Int
    /// The share of the text, at its end, that is held back for validation; nil for none.
    public var validation: Double?
    /// Whether the first window of an epoch starts at a random place, keyed by seed and epoch, so that windows differ from
    /// epoch to epoch; otherwise they always start at the text's first byte.
    public var randomOffset: Bool

    /// A preparation.
    public init(context: Int = 128, validation: Double? = nil, randomOffset: Bool = true) {
        self.context = context
        self.validation = validation
        self.randomOffset = randomOffset
    }

    func validate() throws(DataConfigurationError) {
        try DataConfigurationError.require(context, in: .context, "context")
        if let validation { try ValidationSplit.fraction(validation).validate() }
    }

    /// What it means in the words of all recipes.
    var preparation: DataPreparation {
        DataPreparation(validation: validation.map { .fraction($0) } ?? .none, normalize: .none)
    }
}
