/// Converts texts to the tokens of a language model, and tokens to texts.
public protocol Tokenizer: Sendable {
    /// The number of different tokens.
    var vocabulary: Int { get }

    /// The tokens of a text.
    func encode(_ text: [UInt8]) -> [Int32]

    /// The bytes that a token stands for; none for a number without a token.
    func bytes(of token: Int32) -> ArraySlice<UInt8>

    /// Whether decoded bytes that are not UTF-8 are replaced by U+FFFD in a text.
    var replacesInvalidBytes: Bool { get }
}

/// Each byte is a token.
public struct ByteTokenizer: Tokenizer {
    /// The number of values of a byte.
    public static let vocabulary = 256
    private static let all = (0..<256).map(UInt8.init)

    /// The tokenizer of byte texts.
    public init() {}

    public var vocabulary: Int { Self.vocabulary }
    public func encode(_ text: [UInt8]) -> [Int32] { text.map(Int32.init) }
    public func bytes(of token: Int32) -> ArraySlice<UInt8> {
        Self.all.indices ~= Int(token) ? Self.all[Int(token)...Int(token)] : []
    }
    /// A text of bytes may be of any encoding.
    public var replacesInvalidBytes: Bool { false }
}

/// Why a tokenizer file cannot be used.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public var problem: String
    /// What to do about it.
    public var advice: String

    /// An error.
    public init(_ problem: String, advice: String) {
        self.problem = problem
        self.advice = advice
    }

    public var description: String { "\(problem); \(advice)" }
}
