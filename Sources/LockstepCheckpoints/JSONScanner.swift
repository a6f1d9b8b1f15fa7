import LockstepText

/// A strict reader of JSON with a known structure: each key occurs once in an object, and numbers are whole and in range.
///
/// The caller states what comes next, so the structure limits the nesting depth, and only values that the caller keeps take memory.
struct JSONScanner {
    private let bytes: [UInt8]
    private let path: String
    /// What is read, for errors.
    private let name: String
    private var place = 0

    /// - Parameters:
    ///   - path: the file.
    ///   - name: the part that is read, such as `the header`.
    init(_ bytes: [UInt8], path: String, name: String) {
        self.bytes = bytes
        self.path = path
        self.name = name
    }

    /// An error at the current byte.
    func damaged(_ reason: String) -> CheckpointError {
        .damaged(
            path: path, reason: "\(name) is invalid at byte \(place): \(reason)")
    }

    /// Reads an object; `member` reads the value of each key.
    mutating func object(
        _ member: (inout JSONScanner, _ key: String) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try expect("{", "an object")
        if take("}") { return }
        var keys: Set<String> = []
        repeat {
            let key = try string()
            guard keys.insert(key).inserted else {
                throw damaged("the key '\(key.printable)' occurs twice")
            }
            try expect(":", "':' after a key")
            try member(&self, key)
        } while take(",")
        try expect("}", "',' or '}'")
    }

    /// Reads an array; `element` reads each of its elements.
    mutating func array(
        _ element: (inout JSONScanner) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        try expect("[", "an array")
        if take("]") { return }
        repeat { try element(&self) } while take(",")
        try expect("]", "',' or ']'")
    }

    /// Reads a whole number from 0 to `Int.max`: only digits, without sign, fraction, exponent or leading zeros.
    mutating func wholeNumber() throws(CheckpointError) -> Int {
        skipSpace()
        let start = place
        var value = 0
        while place < bytes.count, let digit = Self.digit(bytes[place]) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(digit)
            guard !overflow, !carry, place == start || value > 0 else {
                throw damaged("a number is not a whole number from 0 to \(Int.max)")
            }
            value = sum
            place += 1
        }
        let isOver = place == bytes.count || !Self.continuesNumber(bytes[place])
        guard place > start, isOver else {
            throw damaged("a number is not a whole number from 0 to \(Int.max)")
        }
        return value
    }

    /// Reads a string.
    mutating func string() throws(CheckpointError) -> String {
        try expect("\"", "a string in quotes")
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let result = String(validating: text, as: UTF8.self) else {
                    throw damaged("a string is not UTF-8")
                }
                return result
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw damaged("a string has a control character that is not escaped")
            default: text.append(byte)
            }
        }
        throw damaged("a string is never closed")
    }

    /// Requires that only whitespace follows.
    mutating func end() throws(CheckpointError) {
        skipSpace()
        if place < bytes.count { throw damaged("text follows the end") }
    }

    private mutating func escape(into text: inout [UInt8]) throws(CheckpointError) {
        guard place < bytes.count else { throw damaged("a string is never closed") }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var value = try hexadecimal()
            if 0xD800..<0xDC00 ~= value,
                bytes[place...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
            {
                place += 2
                let low = try hexadecimal()
                guard 0xDC00..<0xE000 ~= low else { throw damaged("an unpaired surrogate") }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw damaged("an unpaired surrogate") }
            text.append(contentsOf: String(scalar).utf8)
        default: throw damaged("an unknown escape sequence")
        }
    }

    private mutating func hexadecimal() throws(CheckpointError) -> UInt32 {
        guard place + 4 <= bytes.count,
            let text = String(validating: bytes[place..<place + 4], as: UTF8.self),
            text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16)
        else { throw damaged("\\u without four hexadecimal digits") }
        place += 4
        return value
    }

    private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(CheckpointError) {
        guard take(character) else { throw damaged("\(what) is missing") }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x0A, 0x0D, 0x09: place += 1
            default: return
            }
        }
    }

    private static func digit(_ byte: UInt8) -> Int? {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? Int(byte - UInt8(ascii: "0")) : nil
    }

    /// Whether a byte after digits belongs to the number.
    private static func continuesNumber(_ byte: UInt8) -> Bool {
        digit(byte) != nil || [".", "e", "E", "+", "-"].contains(Unicode.Scalar(byte))
    }
}
