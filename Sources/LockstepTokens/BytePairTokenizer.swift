import Foundation

/// A byte-level byte-pair encoding, from the `tokenizer.json` of the Python package `tokenizers`.
///
/// Tokens are those of `encode(text, add_special_tokens=False)` there, without truncation and padding.
/// Bytes that are not UTF-8 are encoded one by one. Sources: Sennrich et al. 2016; Radford et al. 2019 (GPT-2).
public final class BytePairTokenizer: Tokenizer {
    public let vocabulary: Int
    /// The bytes of all tokens, and where those of each begin.
    private let pool: [UInt8]
    private let starts: [Int]
    /// The token of each byte.
    private let byteTokens: [Int32]
    private let merges: MergeTable
    /// Tokens that are recognized first, and those that are recognized in the text between them.
    private let added: [AddedTokens]
    private let addsSpace: Bool
    /// Tokens that are not part of a text, such as `<|endoftext|>`.
    private let special: Set<Int32>

    /// Reads the text of a `tokenizer.json`.
    /// - Throws: `TokenizerError` for a file that is damaged or of another kind.
    public init(json: [UInt8]) throws(TokenizerError) {
        let file = try TokenizerFile(json: json)
        var bytes = [[UInt8]](repeating: [], count: file.vocabulary)
        for (word, id) in file.words { bytes[Int(id)] = ByteAlphabet.bytes(of: word) ?? Array(word.utf8) }
        for token in file.added { bytes[Int(token.token.id)] = token.token.content }
        vocabulary = file.vocabulary
        starts = bytes.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        pool = bytes.flatMap { $0 }
        (byteTokens, merges, addsSpace) = (file.byteTokens, file.merges, file.addsSpace)
        special = Set(file.added.filter(\.isSpecial).map(\.token.id))
        added = [false, true].compactMap { isNormalized in
            let tokens = file.added.filter { $0.isNormalized == isNormalized }.map(\.token)
            return tokens.isEmpty ? nil : AddedTokens(tokens)
        }
    }

    public func bytes(of token: Int32) -> ArraySlice<UInt8> {
        0..<vocabulary ~= Int(token) ? pool[starts[Int(token)]..<starts[Int(token) + 1]] : []
    }

    public var replacesInvalidBytes: Bool { true }

    /// The number of bytes of text that each token stands for: 0 for special tokens.
    public var byteCounts: [Int32] {
        (0..<vocabulary).map { special.contains(Int32($0)) ? 0 : Int32(starts[$0 + 1] - starts[$0]) }
    }

    public func encode(_ text: [UInt8]) -> [Int32] { text.withUnsafeBufferPointer { encode($0) } }

    /// The tokens of a text.
    public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
        var run = Run()
        run.tokens.reserveCapacity(text.count / 3)
        encode(text, 0..<text.count, level: 0, &run)
        return run.tokens
    }

    /// The position of the first byte of a text that is not UTF-8; nil for a text that is.
    public static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        CharacterClasses.firstInvalid(text)
    }

    /// What an encoding has found, and its memory.
    private struct Run {
        var tokens: [Int32] = []
        var cache = WordCache()
        var merger = WordMerger()
        let splitter = WordSplitter()
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, level: Int, _ run: inout Run)
    {
        guard level < added.count else { return encodeWords(text, range, &run) }
        let splitter = run.splitter
        added[level].split(text, range, splitter) { piece, token in
            if let token { run.tokens.append(token) } else { encode(text, piece, level: level + 1, &run) }
        }
    }

    private func encodeWords(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ run: inout Run) {
        // An empty text gets no space.
        guard !range.isEmpty else { return }
        let piece = UnsafeBufferPointer(rebasing: text[range])
        guard addsSpace, piece.first != UInt8(ascii: " ") else { return encodeWords(piece, &run) }
        var spaced: [UInt8] = [UInt8(ascii: " ")]
        spaced += piece
        spaced.withUnsafeBufferPointer { encodeWords($0, &run) }
    }

    private func encodeWords(_ text: UnsafeBufferPointer<UInt8>, _ run: inout Run) {
        var start = 0
        while start < text.count {
            let end = run.splitter.end(text, from: start)
            let word = UnsafeBufferPointer(rebasing: text[start..<end])
            start = end
            guard word.count <= WordCache.longest else {
                run.merger.merge(word, bytes: byteTokens, merges, into: &run.tokens)
                continue
            }
            let hash = WordCache.hash(word)
            guard !run.cache.append(word, hash, to: &run.tokens) else { continue }
            let first = run.tokens.count
            run.merger.merge(word, bytes: byteTokens, merges, into: &run.tokens)
            run.cache.insert(word, hash, run.tokens[first...])
        }
    }
}
