/// The character encoding of a table.
public enum TextEncoding: String, Codable, Sendable, Hashable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "utf-8"
    /// ISO 8859-1: each byte is the character with the same number.
    case latin1 = "latin-1"
    /// Called ANSI in Windows and in spreadsheets: Latin-1 with other characters at 128 to 159.
    case windows1252 = "windows-1252"

    /// The characters 128 to 159 of Windows 1252; 0 for none.
    private static let windows: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
        0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,
        0x017E,
        0x0178,
    ]

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Converts a file to UTF-8 without a byte order mark. Files declared as UTF-8 are validated later, when fields are read.
    package func decode(_ file: SourceFile) throws(DatasetError) -> SourceFile {
        let bytes = file.bytes
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw DatasetError(
                .format, file.path, .byte(0),
                "the file is UTF-16: it begins with the byte order mark of UTF-16",
                advice: "save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
        }
        guard self != .utf8 else { return file }
        guard !bytes.starts(with: Self.mark) else {
            throw DatasetError(
                .format, file.path, .byte(0),
                "the file begins with the byte order mark of UTF-8, but encoding is \(rawValue)",
                advice: "set encoding: utf-8")
        }
        guard let first = bytes.firstIndex(where: { $0 >= 0x80 }) else { return file }
        var text = ContiguousArray<UInt8>()
        text.reserveCapacity(bytes.count + bytes.count / 8)
        text.append(contentsOf: bytes[..<first])
        var line = 1 + bytes[..<first].count { $0 == 0x0A }
        for index in first..<bytes.count {
            let byte = bytes[index]
            if byte == 0x0A { line += 1 }
            let character =
                self == .windows1252 && (0x80..<0xA0).contains(byte)
                ? Self.windows[Int(byte) - 0x80] : UInt16(byte)
            guard character != 0 || byte == 0, let character = Unicode.Scalar(character).flatMap(UTF8.encode)
            else {
                throw DatasetError(
                    .format, file.path, .line(line),
                    "byte \(Self.name(byte)) (byte \(index) of the file) is not a character of windows-1252",
                    advice: "check the encoding of the file")
            }
            text.append(contentsOf: character)
        }
        return SourceFile(path: file.path, block: MemoryBlock(copying: text))
    }

    /// The position of the first byte that is not UTF-8.
    package static func firstInvalid(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var index = text.startIndex
        while index < text.endIndex {
            let length =
                switch text[index] {
                case ..<0x80: 1
                case 0xC2..<0xE0: 2
                case 0xE0..<0xF0: 3
                case 0xF0..<0xF5: 4
                default: 0
                }
            guard length > 0, index + length <= text.endIndex,
                String(validating: text[index..<index + length], as: UTF8.self) != nil
            else { return index }
            index += length
        }
        return nil
    }

    /// A byte in the form used in messages.
    package static func name(_ byte: UInt8) -> String { "0x" + String(byte, radix: 16, uppercase: true) }
}
