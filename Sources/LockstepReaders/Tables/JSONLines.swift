/// Splits a text of JSON lines into rows: each line is an object of numbers, strings, booleans and nulls (RFC 8259).
///
/// The columns are the names of all objects, in the order in which they occur; an object may lack names.
package struct JSONLines {
    /// A value of an object: its position in the text.
    package enum Value {
        /// Missing, or null.
        case missing
        /// The characters between the quotes of a string.
        case text(Range<Int>)
        /// A number, true or false.
        case plain(Range<Int>)
    }

    /// The names of the columns so far.
    package private(set) var columns: [String] = []
    /// The values of the last row, by column; empty for a blank line.
    package private(set) var row: [Value] = []
    /// Whether the last line was blank.
    package private(set) var isBlank = false
    /// The line of the last row, counted from 1.
    package private(set) var line = 0

    private let path: String
    private let block: MemoryBlock
    private let text: UnsafeBufferPointer<UInt8>
    /// The position of the end of the last row.
    private let end: Int
    private var place = 0
    private var numbers: [String: Int] = [:]
    /// The names of the previous row as written, with their columns: most rows have the same names.
    private var written: [(range: Range<Int>, column: Int)] = []
    /// The line of the last value of each column.
    private var lastRow: [Int] = []

    package init(_ file: SourceFile) {
        path = file.path
        block = file.block
        text = file.bytes
        end = file.bytes.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? 0
        rewind()
    }

    /// Starts again at the first row; the columns are kept.
    mutating func rewind() {
        place = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        line = 0
        lastRow = lastRow.map { _ in 0 }
    }

    /// Reads the next line into `row`.
    /// - Returns: whether there was one; blank lines at the end do not count.
    package mutating func next() throws(DatasetError) -> Bool {
        if place >= end { return false }
        line += 1
        for column in row.indices { row[column] = .missing }
        skipBlanks()
        isBlank = byte == 0x0A || byte == 0x0D
        if !isBlank { try object() }
        skipBlanks()
        if byte == 0x0D { place += 1 }
        guard byte == nil || byte == 0x0A else { throw failure("text follows the object") }
        if byte != nil { place += 1 }
        return true
    }

    /// Skips the rest of an invalid line.
    package mutating func skipLine() {
        while let byte, byte != 0x0A { place += 1 }
        if byte != nil { place += 1 }
    }

    private var byte: UInt8? { place < text.count ? text[place] : nil }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private mutating func skipBlanks() { while byte == 0x20 || byte == 0x09 { place += 1 } }

    private mutating func expect(_ character: Unicode.Scalar) throws(DatasetError) {
        skipBlanks()
        guard byte == UInt8(ascii: character) else { throw failure("'\(character)' is missing") }
        place += 1
        skipBlanks()
    }

    private mutating func object() throws(DatasetError) {
        try expect("{")
        var position = 0
        while byte != UInt8(ascii: "}") {
            if position > 0 { try expect(",") }
            let column = try column(position)
            try expect(":")
            guard lastRow[column] != line else { throw failure("the name '\(columns[column])' occurs twice") }
            lastRow[column] = line
            row[column] = try value(column)
            skipBlanks()
            position += 1
        }
        place += 1
    }

    /// The column of the next name.
    private mutating func column(_ position: Int) throws(DatasetError) -> Int {
        let range = try quoted()
        if position < written.count, text[written[position].range].elementsEqual(text[range]) {
            return written[position].column
        }
        let name = String(decoding: try decoded(range), as: UTF8.self)
        let column = numbers[name] ?? columns.count
        if column == columns.count {
            numbers[name] = column
            columns.append(name)
            row.append(.missing)
            lastRow.append(0)
        }
        if position < written.count {
            written[position] = (range, column)
        } else {
            written.append((range, column))
        }
        return column
    }

    private mutating func value(_ column: Int) throws(DatasetError) -> Value {
        switch byte {
        case UInt8(ascii: "\""): return .text(try quoted())
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            throw failure(
                "column '\(columns[column])' has \(byte == UInt8(ascii: "[") ? "a list" : "an object")",
                advice: "give a number or a string for each name")
        default: break
        }
        let start = place
        while let byte, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), !Self.isSpace(byte) {
            place += 1
        }
        let range = start..<place
        if text[range].elementsEqual("null".utf8) { return .missing }
        let words = ["true", "false", "NaN", "Infinity", "-Infinity"]
        guard
            words.contains(where: { text[range].elementsEqual($0.utf8) })
                || DecimalNumber.parse(UnsafeBufferPointer(rebasing: text[range])) != nil
        else { throw failure("the value of '\(columns[column])' is not JSON") }
        return .plain(range)
    }

    /// The characters between two quotes, with their escape sequences.
    private mutating func quoted() throws(DatasetError) -> Range<Int> {
        guard byte == UInt8(ascii: "\"") else { throw failure("'\"' is missing") }
        place += 1
        let start = place
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure("a string continues after the end of its line") }
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < text.count else { throw failure("a string is never closed") }
        defer { place += 1 }
        return start..<place
    }

    /// The characters of a string in UTF-8.
    package func decoded(_ range: Range<Int>) throws(DatasetError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard let (scalar, size) = escaped(index + 1, range.upperBound) else {
                throw failure("a string has a '\\' that does not begin an escape sequence")
            }
            bytes.append(contentsOf: Array(String(scalar).utf8))
            index += 1 + size
        }
        guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil else {
            throw failure("a string is not UTF-8", advice: "save the file as UTF-8")
        }
        return bytes
    }

    /// The character of an escape sequence after its backslash, and the size of the sequence in bytes.
    private func escaped(_ index: Int, _ end: Int) -> (Unicode.Scalar, Int)? {
        guard index < end else { return nil }
        let simple: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r",
            0x74: "\t",
        ]
        if let scalar = simple[text[index]] { return (scalar, 1) }
        guard text[index] == UInt8(ascii: "u"), let unit = unit(index + 1, end) else { return nil }
        guard 0xD800..<0xDC00 ~= unit else { return Unicode.Scalar(unit).map { ($0, 5) } }
        guard index + 6 < end, text[index + 5] == UInt8(ascii: "\\"), text[index + 6] == UInt8(ascii: "u"),
            let low = self.unit(index + 7, end), 0xDC00..<0xE000 ~= low
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)).map { ($0, 11) }
    }

    private func unit(_ index: Int, _ end: Int) -> UInt32? {
        guard index + 4 <= end else { return nil }
        let digits = String(decoding: text[index..<index + 4], as: UTF8.self)
        guard digits.allSatisfy(\.isHexDigit) else { return nil }
        return UInt32(digits, radix: 16)
    }

    private func failure(
        _ problem: String, advice: String = "write an object in JSON on each line"
    ) -> DatasetError {
        DatasetError(.format, path, .line(max(1, line)), problem, advice: advice)
    }
}
