import LockstepConfiguration

/// How a text is cut into windows, and which part is held back, for all text recipes.
///
/// A token is a byte. A window has `context` tokens as inputs and, as targets, the token that follows each of them. Windows of the
/// training part do not overlap, and an incomplete last window is dropped: a different piece in every epoch if
/// windows start at a random position.
public struct TextPreparation: Codable, Sendable, Hashable {
    /// The number of different tokens, the values of a byte.
    public static let vocabulary = 256

    /// The number of tokens of a window.
    public var context: Int
    /// The share of the text, at its end, that is held back for validation; nil for none.
    public var validation: Double?
    /// Whether the first window of an epoch starts at a random position, keyed by seed and epoch, so that windows differ from
    /// epoch to epoch; otherwise they always start at the text's first byte.
    public var randomOffset: Bool

    /// Makes a preparation.
    public init(context: Int = 128, validation: Double? = nil, randomOffset: Bool = true) {
        self.context = context
        self.validation = validation
        self.randomOffset = randomOffset
    }

    func validate() throws(ComponentError) {
        try ComponentError.require(context, in: .context, "context")
        if let validation { try ValidationSplit.fraction(validation).validate() }
    }

    /// The equivalent `DataPreparation`.
    var preparation: DataPreparation {
        DataPreparation(validation: validation.map { .fraction($0) } ?? .none, normalize: .none)
    }
}
