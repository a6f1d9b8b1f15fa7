import LockstepTokens

/// Writes tokens as they are chosen: as a text whose pieces end between two characters, or as numbers separated by commas.
public struct TokenText {
    private let tokenizer: (any Tokenizer)?
    private var stream: UTF8Stream
    private var isFirst = true

    /// A writer.
    /// - Parameter tokenizer: the tokenizer of the model; nil for numbers.
    public init(_ tokenizer: (any Tokenizer)?) {
        self.tokenizer = tokenizer
        stream = UTF8Stream(replacesInvalidBytes: tokenizer?.replacesInvalidBytes ?? false)
    }

    /// The bytes to write for the next token.
    public mutating func push(_ token: Int32) -> [UInt8] {
        if let tokenizer { return stream.push(tokenizer.bytes(of: token)) }
        defer { isFirst = false }
        return Array("\(isFirst ? "" : ",")\(token)".utf8)
    }

    /// The bytes to write after the last token.
    public mutating func finish() -> [UInt8] { stream.finish() }
}
