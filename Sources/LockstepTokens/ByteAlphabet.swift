/// The alphabet of byte-level tokenizers: one printable character for each byte.
///
/// Bytes that print as one character in Latin-1 are that character; the others are U+0100, U+0101, ...
/// in their order. Source: Radford et al. 2019 (GPT-2).
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [Unicode.Scalar] = {
        let printing = Set(Array(33...126) + Array(161...172) + Array(174...255))
        var next: UInt32 = 256
        return (0..<256).map { byte in
            if printing.contains(byte) { return Unicode.Scalar(UInt8(byte)) }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()

    private static let bytes: [UInt8?] = {
        var bytes = [UInt8?](repeating: nil, count: 512)
        for (byte, character) in characters.enumerated() { bytes[Int(character.value)] = UInt8(byte) }
        return bytes
    }()

    /// The bytes that a word of this alphabet stands for; nil if it has another character.
    static func bytes(of word: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(word.utf8.count)
        for character in word.unicodeScalars {
            guard character.value < 512, let byte = bytes[Int(character.value)] else { return nil }
            result.append(byte)
        }
        return result
    }
}
