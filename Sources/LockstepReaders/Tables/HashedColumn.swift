/// A column of texts whose words are counted in a fixed number of inputs.
public struct HashedColumn: Codable, Sendable, Hashable {
    /// The name of the column.
    public var column: String
    /// The number of inputs; words whose hashes are equal modulo this number share an input.
    public var features: Int
    /// Whether words are converted to lower case.
    public var lowercase: Bool

    /// A column of texts.
    public init(column: String = "", features: Int = 256, lowercase: Bool = true) {
        self.column = column
        self.features = features
        self.lowercase = lowercase
    }

    /// The names of the inputs.
    package func featureNames(_ name: String) -> [String] { (0..<features).map { "\(name)#\($0)" } }

    /// The inputs that count the words of a text. A word is a run of at least two letters, digits and underscores; its hash is
    /// MurmurHash3 of its UTF-8, as in scikit-learn's HashingVectorizer with alternate_sign=False and norm=None.
    package func inputs(of text: String, append: (Int32) -> Void) {
        var word: [UInt8] = []
        var length = 0
        func end() {
            if length >= 2 {
                let hash = Int32(bitPattern: MurmurHash3.hash(word))
                append(Int32(hash.magnitude % UInt32(features)))
            }
            word.removeAll(keepingCapacity: true)
            length = 0
        }
        for scalar in (lowercase ? text.lowercased() : text).unicodeScalars {
            guard Self.isOfWord(scalar) else {
                end()
                continue
            }
            word.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            length += 1
        }
        end()
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            let byte = UInt8(ascii: scalar)
            return byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}

/// The 32-bit hash MurmurHash3 with seed 0. Source: Austin Appleby, MurmurHash3 (public domain).
enum MurmurHash3 {
    static func hash(_ bytes: [UInt8]) -> UInt32 {
        var hash: UInt32 = 0
        func mixed(_ block: UInt32) -> UInt32 {
            rotated(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593
        }
        let whole = bytes.count / 4 * 4
        for start in stride(from: 0, to: whole, by: 4) {
            let block = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            hash = rotated(hash ^ mixed(block), 13) &* 5 &+ 0xE654_6B64
        }
        if whole < bytes.count {
            hash ^= mixed(
                (whole..<bytes.count).reduce(UInt32(0)) { $0 | UInt32(bytes[$1]) << UInt32(8 * ($1 - whole)) }
            )
        }
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return hash ^ hash >> 16
    }

    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 - bits)
    }
}
