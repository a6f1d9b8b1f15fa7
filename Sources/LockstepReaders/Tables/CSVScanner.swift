/// Splits the text of a CSV file into fields: with RFC 4180 quoting, any line end, and an optional byte order mark.
package struct CSVScanner {
    /// The bytes of one field, valid until the next call.
    package typealias Field = UnsafeBufferPointer<UInt8>

    private let path: String
    private let block: MemoryBlock
    private let text: UnsafeBufferPointer<UInt8>
    private let delimiter: UInt8
    private var position: Int
    /// Fields without their quotes.
    private let scratch: MemoryBlock
    /// The line on which the next field begins, counted from 1.
    package private(set) var line: Int
    /// Whether the last field ended its row.
    package private(set) var isRowEnd = true
    /// Whether the last field was in quotes.
    package private(set) var wasQuoted = false
    /// The line on which the last field began, and the position of its first byte in the text.
    package private(set) var fieldLine = 1
    private var fieldStart = 0

    /// Whether line ends within quotes are counted as lines.
    private let countsQuotedLines: Bool

    /// - Parameter isMade: whether the table was converted from a file with one row per line and no header: its lines are then
    ///   those of the file.
    package init(_ file: SourceFile, delimiter: UInt8, isMade: Bool = false) {
        line = isMade ? 0 : 1
        countsQuotedLines = !isMade
        path = file.path
        block = file.block
        text = file.bytes
        self.delimiter = delimiter
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        position = text.count >= 3 && text[..<3].elementsEqual(mark) ? 3 : 0
        scratch = MemoryBlock(count: text.contains(0x22) ? text.count : 0)
    }

    /// Whether only line ends are left. Called between rows.
    package mutating func isAtEnd() throws(DatasetError) -> Bool {
        var ahead = position
        while ahead < text.count, text[ahead] == 0x0A || text[ahead] == 0x0D { ahead += 1 }
        return ahead == text.count
    }

    /// Skips a line, whatever it contains.
    package mutating func skipLine() {
        while position < text.count, text[position] != 0x0A, text[position] != 0x0D { position += 1 }
        guard position < text.count else { return }
        if text[position] == 0x0D, position + 1 < text.count, text[position + 1] == 0x0A { position += 1 }
        position += 1
        line += 1
    }

    /// Skips lines that contain only white space.
    package mutating func skipBlankLines() {
        var ahead = position
        while ahead < text.count, isBlank(text[ahead]) || text[ahead] == 0x0A || text[ahead] == 0x0D {
            ahead += 1
            if text[ahead - 1] == 0x0A
                || (text[ahead - 1] == 0x0D && (ahead == text.count || text[ahead] != 0x0A))
            {
                line += 1
                position = ahead
            }
        }
    }

    /// The next field, without surrounding white space unless it was quoted.
    package mutating func next() throws(DatasetError) -> Field {
        var start = position
        fieldLine = line
        while start < text.count, isBlank(text[start]) { start += 1 }
        wasQuoted = start < text.count && text[start] == 0x22
        fieldStart = start
        if wasQuoted {
            position = start
            return try quoted()
        }
        start = position
        while position < text.count {
            let byte = text[position]
            if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
            if byte == 0x22 || byte == 0 {
                guard byte != 0 else { throw zeroByte }
                throw DatasetError(
                    .corrupt, path, .line(line), "an unquoted field contains a quote",
                    advice: "quote the whole field, and double the quotes within it")
            }
            position += 1
        }
        var end = position
        while start < end, isBlank(text[start]) { start += 1 }
        while end > start, isBlank(text[end - 1]) { end -= 1 }
        endField()
        return Field(rebasing: text[start..<end])
    }

    /// All fields of the next row as texts.
    package mutating func row() throws(DatasetError) -> [String] {
        var fields: [String] = []
        repeat {
            let field = try next()
            fields.append(try string(field))
        } while !isRowEnd
        return fields
    }

    /// The number of fields of the next row.
    package mutating func fieldCount() throws(DatasetError) -> Int {
        var count = 0
        repeat {
            _ = try next()
            count += 1
        } while !isRowEnd
        return count
    }

    /// The last field as a text; it must be UTF-8.
    package func string(_ field: Field) throws(DatasetError) -> String {
        if let string = String(validating: field, as: UTF8.self) { return string }
        // The position in the file, where quotes may come in between.
        let place = TextEncoding.firstInvalid(text[fieldStart..<position]) ?? fieldStart
        throw DatasetError(
            .format, path, .line(fieldLine + text[fieldStart..<place].count { $0 == 0x0A }),
            "byte \(TextEncoding.name(text[place])) (byte \(place) of the file) is not UTF-8",
            advice: "save the file as UTF-8, or set encoding: latin-1 or windows-1252 "
                + "(--set data.csv.encoding=latin-1)")
    }

    private var zeroByte: DatasetError {
        DatasetError(
            .format, path, .line(line), "the file contains a zero byte: it is UTF-16, or not text",
            advice: "give a text file in UTF-8 (from UTF-16: iconv -f UTF-16 -t UTF-8)")
    }

    private mutating func quoted() throws(DatasetError) -> Field {
        let opening = line
        position += 1
        let target = scratch.address.assumingMemoryBound(to: UInt8.self)
        var count = 0
        while true {
            guard position < text.count else {
                throw DatasetError(
                    .corrupt, path, .line(opening), "the quote that opens here is never closed",
                    advice: "close it, or complete the file")
            }
            let byte = text[position]
            position += 1
            if byte == 0x22 {
                guard position < text.count, text[position] == 0x22 else { break }
                position += 1
            }
            guard byte != 0 else { throw zeroByte }
            if byte == 0x0A && countsQuotedLines { line += 1 }
            target[count] = byte
            count += 1
        }
        while position < text.count, isBlank(text[position]) { position += 1 }
        if position < text.count {
            let byte = text[position]
            guard byte == delimiter || byte == 0x0A || byte == 0x0D else {
                throw DatasetError(
                    .corrupt, path, .line(line), "text follows a closing quote",
                    advice: "double the quotes within a quoted field")
            }
        }
        endField()
        return Field(start: target, count: count)
    }

    /// Skips the delimiter or line end after a field.
    private mutating func endField() {
        isRowEnd = position == text.count || text[position] != delimiter
        guard position < text.count else { return }
        if isRowEnd {
            line += 1
            if text[position] == 0x0D, position + 1 < text.count, text[position + 1] == 0x0A { position += 1 }
        }
        position += 1
    }

    /// Whether a byte is a space or tab but not the delimiter.
    private func isBlank(_ byte: UInt8) -> Bool {
        (byte == 0x20 || byte == 0x09) && byte != delimiter
    }
}
