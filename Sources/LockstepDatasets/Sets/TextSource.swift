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
        if let constants = request.constants { return try storedTokenizer(of: constants) }
        return try tokenizer.map { path throws(DatasetError) in try StoredTokenizer(path: path) }
    }

    /// The tokenizer of a trained network; if it was trained on token ids without one, that of the file.
    func storedTokenizer(of constants: DatasetConstants) throws -> StoredTokenizer? {
        if let stored = try constants.storedTokenizer() { return stored }
        guard let tokenizer, let text = try constants.textConstants(), text.unit == .token else { return nil }
        let given = try StoredTokenizer(path: tokenizer)
        guard given.tokenizer.vocabulary <= text.vocabulary else {
            throw DatasetError(
                .mismatch, tokenizer,
                "the tokenizer has \(given.tokenizer.vocabulary) tokens, but the network was trained on "
                    + "\(text.vocabulary)", advice: "give the tokenizer that wrote the files of token ids")
        }
        return given
    }
}
