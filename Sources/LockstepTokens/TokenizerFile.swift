import Foundation

/// The contents of a `tokenizer.json`, checked.
struct TokenizerFile {
    /// A token that is recognized in a text.
    struct Added {
        var token: AddedTokens.Token
        /// Whether it is recognized in normalized text, after the others.
        var isNormalized: Bool
        /// Whether it is not part of a text.
        var isSpecial: Bool
    }

    /// The tokens of the model.
    let words: [String: Int32]
    let added: [Added]
    /// The largest token plus 1.
    let vocabulary: Int
    /// The token of each byte.
    let byteTokens: [Int32]
    let merges: MergeTable
    /// Whether a text without a space at its beginning gets one.
    let addsSpace: Bool

    private static let train =
        "use a byte-level BPE tokenizer, such as GPT-2's, or train one with scripts/tokens/train"

    init(json: [UInt8]) throws(TokenizerError) {
        let layout: Layout
        do {
            let decoder = JSONDecoder()
            // Keys of the vocabulary stay as they are: it is a dictionary.
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            layout = try decoder.decode(Layout.self, from: Data(json))
        } catch {
            throw TokenizerError(
                "it is not a tokenizer.json of the Python package tokenizers: \(Self.reason(error))",
                advice: "save the tokenizer with tokenizer.save(\"tokenizer.json\")")
        }
        addsSpace = try Self.check(layout)
        let words = layout.model.vocab ?? [:]
        guard !words.isEmpty else {
            throw TokenizerError(
                "its vocabulary is empty", advice: "save the tokenizer again after training it")
        }
        let added = try (layout.addedTokens ?? []).filter { !$0.content.isEmpty }.map(Self.added)
        let ids = Array(words.values) + added.map(\.token.id)
        guard let smallest = ids.min(), let largest = ids.max(), smallest >= 0, largest < 1 << 24 else {
            throw TokenizerError(
                "its tokens are numbered \(ids.min() ?? 0) to \(ids.max() ?? 0)",
                advice: "tokens must be numbered 0 to at most 16,777,215")
        }
        (self.words, self.added, vocabulary) = (words, added, Int(largest) + 1)
        let missing = (0..<256).filter { words[String(Character(ByteAlphabet.characters[$0]))] == nil }
        guard missing.isEmpty else {
            throw TokenizerError(
                "\(missing.count) of the 256 bytes have no token, the first of them byte \(missing[0]), "
                    + "so some texts cannot be encoded",
                advice: "train it with initial_alphabet=pre_tokenizers.ByteLevel.alphabet()")
        }
        try Self.requireDistinct(words, added)
        byteTokens = ByteAlphabet.characters.map { words[String(Character($0))] ?? 0 }
        merges = try Self.merges(layout.model.merges ?? [], words)
    }

    private static func merges(
        _ pairs: [Layout.Pair], _ words: [String: Int32]
    ) throws(TokenizerError) -> MergeTable {
        var table = MergeTable(capacity: pairs.count)
        for (rank, pair) in pairs.enumerated() {
            guard let left = words[pair.left], let right = words[pair.right],
                let token = words[pair.left + pair.right]
            else {
                throw TokenizerError(
                    "merge \(rank) of '\(pair.left)' and '\(pair.right)' has a token that is not "
                        + "in the vocabulary",
                    advice: "save the tokenizer again; the file is damaged")
            }
            table.set(left, right, .init(rank: UInt32(rank), token: token))
        }
        return table
    }

    private static func added(_ token: Layout.Added) throws(TokenizerError) -> Added {
        guard token.singleWord != true else {
            throw TokenizerError(
                "the added token '\(token.content)' has single_word: true, which is not supported",
                advice: "save the tokenizer with singleWord=False for it")
        }
        return Added(
            token: .init(
                id: token.id, content: Array(token.content.utf8), takesBlanksBefore: token.lstrip == true,
                takesBlanksAfter: token.rstrip == true),
            isNormalized: token.normalized == true, isSpecial: token.special == true)
    }

    /// Refuses ids that two tokens have, and tokens that have two ids.
    private static func requireDistinct(
        _ words: [String: Int32], _ added: [Added]
    ) throws(TokenizerError) {
        let advice = "save the tokenizer again; each token must have one id"
        var byID: [Int32: String] = [:]
        func require(_ token: String, _ id: Int32) throws(TokenizerError) {
            guard let other = byID.updateValue(token, forKey: id), other != token else { return }
            throw TokenizerError(
                "its tokens '\(other)' and '\(token)' have the same id \(id)", advice: advice)
        }
        for (word, id) in words.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            try require(word, id)
        }
        for token in added {
            let (content, id) = (String(decoding: token.token.content, as: UTF8.self), token.token.id)
            if let known = words[content], known != id {
                throw TokenizerError(
                    "the added token '\(content)' has the id \(id), but the token '\(content)' of the vocabulary "
                        + "has the id \(known)", advice: advice)
            }
            try require(content, id)
        }
    }

    /// Refuses what is not a byte-level byte-pair encoding.
    /// - Returns: whether a text without a space at its beginning gets one.
    private static func check(_ layout: Layout) throws(TokenizerError) -> Bool {
        func refuse(_ part: String, _ what: String) -> TokenizerError {
            TokenizerError("its \(part) is \(what), which is not supported", advice: train)
        }
        let model = layout.model
        // Older files do not name the type.
        guard (model.type ?? "BPE") == "BPE" else { throw refuse("model", model.type ?? "") }
        if let normalizer = layout.normalizer { throw refuse("normalizer", normalizer.names) }
        guard let splitting = layout.preTokenizer else { throw refuse("pre_tokenizer", "none") }
        guard splitting.type == "ByteLevel" else { throw refuse("pre_tokenizer", splitting.names) }
        guard splitting.useRegex != false else {
            throw refuse("pre_tokenizer", "ByteLevel with use_regex: false")
        }
        if let decoder = layout.decoder, decoder.type != "ByteLevel" {
            throw refuse("decoder", decoder.names)
        }
        let settings: [(String, Bool)] = [
            ("dropout above 0", (model.dropout ?? 0) > 0),
            ("byte_fallback: true", model.byteFallback == true),
            ("ignore_merges: true", model.ignoreMerges == true),
            ("a continuing_subword_prefix", !(model.continuingSubwordPrefix ?? "").isEmpty),
            ("an end_of_word_suffix", !(model.endOfWordSuffix ?? "").isEmpty),
        ]
        if let setting = settings.first(where: \.1) { throw refuse("model", "BPE with \(setting.0)") }
        return splitting.addPrefixSpace ?? true
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has another type"
        default: "it is not JSON"
        }
    }
}

/// The keys of the file that matter.
private struct Layout: Decodable {
    struct Part: Decodable {
        var type: String
        var addPrefixSpace: Bool?
        var useRegex: Bool?
        var pretokenizers: [Part]?
        var normalizers: [Part]?
        var decoders: [Part]?

        /// Its type, with those of its parts.
        var names: String {
            let parts = pretokenizers ?? normalizers ?? decoders ?? []
            return parts.isEmpty ? type : "\(type) (\(parts.map(\.names).joined(separator: ", ")))"
        }
    }

    struct Model: Decodable {
        var type: String?
        var dropout: Double?
        var byteFallback: Bool?
        var ignoreMerges: Bool?
        var continuingSubwordPrefix: String?
        var endOfWordSuffix: String?
        var vocab: [String: Int32]?
        var merges: [Pair]?

        enum CodingKeys: String, CodingKey {
            case type, dropout, byteFallback, ignoreMerges, continuingSubwordPrefix, endOfWordSuffix, vocab,
                merges
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            type = try container.decodeIfPresent(String.self, forKey: .type)
            // The vocabularies of other models have other forms; they are refused by their type.
            guard (type ?? "BPE") == "BPE" else { return }
            dropout = try container.decodeIfPresent(Double.self, forKey: .dropout)
            byteFallback = try container.decodeIfPresent(Bool.self, forKey: .byteFallback)
            ignoreMerges = try container.decodeIfPresent(Bool.self, forKey: .ignoreMerges)
            continuingSubwordPrefix = try container.decodeIfPresent(
                String.self, forKey: .continuingSubwordPrefix)
            endOfWordSuffix = try container.decodeIfPresent(String.self, forKey: .endOfWordSuffix)
            vocab = try container.decode([String: Int32].self, forKey: .vocab)
            merges = try container.decode([Pair].self, forKey: .merges)
        }
    }

    struct Added: Decodable {
        var id: Int32
        var content: String
        var singleWord: Bool?
        var lstrip: Bool?
        var rstrip: Bool?
        var normalized: Bool?
        var special: Bool?
    }

    /// A merge, written as `"a b"` or as `["a", "b"]`.
    struct Pair: Decodable {
        var left: String
        var right: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let parts: [String]
            if let text = try? container.decode(String.self) {
                parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            } else {
                parts = try container.decode([String].self)
            }
            guard parts.count == 2 else {
                throw DecodingError.typeMismatch(
                    Pair.self, .init(codingPath: decoder.codingPath, debugDescription: "not a pair"))
            }
            (left, right) = (parts[0], parts[1])
        }
    }

    var addedTokens: [Added]?
    var normalizer: Part?
    var preTokenizer: Part?
    var decoder: Part?
    var model: Model
}
