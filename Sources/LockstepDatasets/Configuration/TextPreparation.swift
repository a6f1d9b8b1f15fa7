import LockstepConfiguration

/// How a text is cut into windows, and which part is held back, for all text recipes.
///
/// A token is a byte, or one of the tokens of a tokenizer. A window has `context` tokens as inputs and, as
/// targets, the token that follows each of them. Windows of the training part do not overlap, and an incomplete
/// last window is dropped: a different piece in every epoch if windows start at a random position.
public struct TextPreparation: Codable, Sendable, Hashable {
    /// The number of tokens of a window.
    public var context: Int
    /// The share of the text, at its end, that is held back for validation; nil for none.
    public var validation: Double?
    /// Whether the first window of an epoch starts at a random position, keyed by seed and epoch, so that
    /// windows differ from epoch to epoch; otherwise they always start at the text's first token.
    public var randomOffset: Bool
    /// The `tokenizer.json` that encodes a text, or that encoded the token ids of a file; nil for none.
    public var tokenizer: String?

    /// Makes a preparation.
    public init(
        context: Int = 128, validation: Double? = nil, randomOffset: Bool = true,
        tokenizer: String? = nil
    ) {
        self.context = context
        self.validation = validation
        self.randomOffset = randomOffset
        self.tokenizer = tokenizer
    }

    func validate() throws(ComponentError) {
        try ComponentError.require(context, in: .context, "context")
        if let tokenizer { try ComponentError.requirePath(tokenizer, "tokenizer") }
        if let validation { try ValidationSplit.fraction(validation).validate() }
    }

    /// The file of the tokenizer; empty for none.
    var tokenizerFiles: [String] { tokenizer.map { [$0] } ?? [] }

    /// The number of bytes, and of tokens of a larger vocabulary, that are evaluated at once.
    static let (evaluatedBytes, evaluatedTokens) = (4096, 1024)

    /// The default number of windows that are evaluated at once.
    func evaluationBlock(tokens: Int) -> Int { max(1, tokens / max(1, context)) }

    /// The equivalent `DataPreparation`.
    var preparation: DataPreparation {
        DataPreparation(validation: validation.map { .fraction($0) } ?? .none, normalize: .none)
    }
}
