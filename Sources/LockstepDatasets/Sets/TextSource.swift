import LockstepReaders

/// An opened text: its tokens, and what is known about them.
struct TextSource {
    /// The tokens for training, followed by those of separate files for validation.
    var tokens: TokenSequence
    /// The number of tokens at the end that are from separate validation files.
    var heldBack: Int
    /// The number of different tokens.
    var vocabulary: Int
    var unit: TextUnit
    /// The tokenizer; nil for bytes, and for tokens whose tokenizer is not known.
    var tokenizer: StoredTokenizer?
    /// A text that is equal for equal tokens, for fingerprints.
    var checksum: String
    /// The files, for messages.
    var name: String?
    var warnings: [String] = []
    var hostWarnings: [String] = []
    /// Detects changes of mapped files; nil for tokens in memory.
    var watch: TokenFileWatch?
}

extension TextSource {
    /// The text of a recipe: its bytes, or the tokens of its tokenizer.
    init(
        _ configuration: DataConfiguration, _ preparation: TextPreparation, _ request: DatasetRequest
    ) throws {
        let tokenizer = try preparation.storedTokenizer(request)
        let content =
            try tokenizer.map { try request.cache.load(configuration, encodedBy: $0) }
            ?? request.cache.load(configuration)
        self.init(
            tokens: TokenSequence(content.training), heldBack: content.heldBack,
            vocabulary: tokenizer?.tokenizer.vocabulary ?? TextConstants.byteVocabulary,
            unit: tokenizer == nil ? .byte : .token, tokenizer: tokenizer,
            checksum: (tokenizer.map { "tokenizer of \($0.checksum), " } ?? "")
                + "crc32 \(content.fingerprint.crc)",
            name: (configuration.recipe as? any TextRecipe)?.source, warnings: content.warnings,
            hostWarnings: content.hostWarnings)
    }
}

extension TextPreparation {
    /// The tokenizer of a trained network if there is one, otherwise that of the file; nil for none.
    func storedTokenizer(_ request: DatasetRequest) throws -> StoredTokenizer? {
        if let constants = request.constants { return try constants.storedTokenizer() }
        return try tokenizer.map { path throws(DatasetError) in try StoredTokenizer(path: path) }
    }
}
