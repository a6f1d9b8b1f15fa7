/// The classes of characters by which words are split.
enum CharacterClass: UInt8 {
    /// Unicode's letters, L.
    case letter
    /// Unicode's numbers, N.
    case number
    /// White space.
    case blank
    /// Everything else, and bytes that are not UTF-8.
    case other

    init(_ character: Unicode.Scalar) {
        let properties = character.properties
        if properties.isWhitespace {
            self = .blank
            return
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = .other
        }
    }
}

/// The classes of the characters of a text in UTF-8.
struct CharacterClasses {
    /// The first two planes; the others are looked up.
    private static let table: [CharacterClass] = (0..<UInt32(0x20000)).map {
        Unicode.Scalar($0).map(CharacterClass.init) ?? .other
    }

    private let table = Self.table

    /// The class and the size in bytes of the character at a position. A byte that does not begin a
    /// character is one of class `other`.
    func character(
        _ text: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> (kind: CharacterClass, byteCount: Int) {
        let first = text[place]
        if first < 0x80 { return (table[Int(first)], 1) }
        guard let (value, count) = Self.scalar(text, at: place) else { return (.other, 1) }
        if value < 0x20000 { return (table[Int(value)], count) }
        return (Unicode.Scalar(value).map(CharacterClass.init) ?? .other, count)
    }

    /// A character of two to four bytes; nil if the bytes are not one in UTF-8.
    static func scalar(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> (value: UInt32, byteCount: Int)?
    {
        let first = UInt32(text[place])
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first <= 0xF4, place + count <= text.count else { return nil }
        var value = first & (0x7F >> UInt32(count))
        for offset in 1..<count {
            let byte = UInt32(text[place + offset])
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | byte & 0x3F
        }
        switch count {
        case 3: guard value >= 0x800, !(0xD800...0xDFFF ~= value) else { return nil }
        case 4: guard value >= 0x10000, value <= 0x10FFFF else { return nil }
        default: break
        }
        return (value, count)
    }

    /// The position of the first byte that is not UTF-8; nil for a text that is.
    static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = 0
        while place < text.count {
            if text[place] < 0x80 {
                place += 1
            } else if let character = scalar(text, at: place) {
                place += character.byteCount
            } else {
                return place
            }
        }
        return nil
    }
}
