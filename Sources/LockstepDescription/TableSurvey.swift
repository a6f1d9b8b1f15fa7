import LockstepReaders
import LockstepText

/// Statistics of the rows of a table, which may be in several files.
struct TableSurvey {
    let isJSONLines: Bool
    var columns: [ColumnSurvey] = []
    var rows = 0
    var byteCount = 0
    var hasHeader = true
    var delimiter = UInt8(ascii: ",")
    var encoding = TextEncoding.utf8
    var blankLines = 0
    /// The names of the header if some are repeated.
    var repeatedNames: String?
    var notes: [String] = []
    var problems: ProblemList
    /// The number of lines before the table.
    private(set) var skippedLines: Int
    private let limit: Int
    private let missing = MissingTexts(MissingTexts.defaults)

    init(isJSONLines: Bool, limit: Int, skippedLines: Int = 0) {
        self.skippedLines = skippedLines
        self.isJSONLines = isJSONLines
        self.limit = limit
        problems = ProblemList(limit: limit)
    }

    /// Adds the rows of a file.
    mutating func add(_ path: String, unpackingAtMost most: Int) throws(DatasetError) {
        let (mapped, isCut) = try SourceFile.mapped(path, unpackingAtMost: most)
        byteCount += mapped.bytes.count
        if isCut { notes.append("\(path): only the first \(grouped(most)) unpacked bytes were examined") }
        guard !mapped.bytes.isEmpty else {
            throw DatasetError(.empty, path, "the file is empty", advice: "give a file with at least one row")
        }
        if isJSONLines { return addLines(mapped) }
        try addRows(try decoded(mapped))
    }

    /// The file converted to UTF-8.
    private mutating func decoded(_ file: SourceFile) throws(DatasetError) -> SourceFile {
        let utf8 = try TextEncoding.utf8.decode(file)
        guard TextEncoding.firstInvalid(file.bytes[...]) != nil else {
            return utf8
        }
        if let windows = try? TextEncoding.windows1252.decode(file) {
            encoding = .windows1252
            return windows
        }
        encoding = .latin1
        return try TextEncoding.latin1.decode(file)
    }

    private mutating func addRows(_ file: SourceFile) throws(DatasetError) {
        let guess = DelimiterGuess(file)
        if columns.isEmpty { delimiter = guess.delimiter }
        var scanner = CSVScanner(file, delimiter: delimiter)
        if columns.isEmpty, skippedLines == 0 { skippedLines = Self.titleLines(scanner, guess.fields) }
        for _ in 0..<skippedLines { scanner.skipLine() }
        scanner.skipBlankLines()
        let start = scanner
        let first = try scanner.row()
        if columns.isEmpty {
            hasHeader = Self.isHeader(first)
            var names = hasHeader ? first : first.indices.map(String.init)
            if CSVColumns.duplicate(names) != nil {
                repeatedNames = first.joined(separator: ", ")
                names = Self.different(names)
            }
            columns = names.map { ColumnSurvey(name: $0, limit: limit) }
        } else if hasHeader, repeatedNames == nil, first != columns.map(\.name) {
            guard Set(first) == Set(columns.map(\.name)), first.count == columns.count else {
                problems.add(
                    "files with other columns than the first one",
                    ["\(file.path):\(start.line): the columns are \(CSVColumns.list(first))"])
                return
            }
        }
        if !hasHeader { scanner = start }
        let order =
            hasHeader && repeatedNames == nil
            ? first.map { name in columns.firstIndex { $0.name == name } ?? 0 } : Array(columns.indices)
        while let isAtEnd = try? scanner.isAtEnd(), !isAtEnd { addRow(&scanner, file.path, order) }
    }

    private mutating func addRow(_ scanner: inout CSVScanner, _ path: String, _ order: [Int]) {
        let (start, line) = (scanner, scanner.line)
        do throws(DatasetError) {
            let count = try scanner.fieldCount()
            if count == 1, order.count > 1, Self.isBlank(start) {
                blankLines += 1
                return
            }
            guard count == order.count else {
                let text = "\(path):\(line): the row has \(count) fields, but the first has \(order.count)"
                return problems.add("rows with another number of fields", [text])
            }
            scanner = start
            rows += 1
            for column in order {
                let field = try scanner.next()
                let isMissing = field.isEmpty || !scanner.wasQuoted && missing.contains(field)
                columns[column].add(field, isMissing: isMissing, "\(path):\(line)")
            }
        } catch {
            problems.add("rows that cannot be split into fields", error)
            scanner = start
            scanner.skipLine()
        }
    }

    /// The number of lines before the first row with the most frequent number of fields.
    private static func titleLines(_ start: CSVScanner, _ fields: Int) -> Int {
        var scanner = start
        for line in 0..<20 {
            let row = scanner
            if (try? scanner.fieldCount()) == fields { return line }
            scanner = row
            scanner.skipLine()
        }
        return 0
    }

    private static func isBlank(_ start: CSVScanner) -> Bool {
        var scanner = start
        guard let field = try? scanner.next() else { return false }
        return field.isEmpty && !scanner.wasQuoted
    }

    private mutating func addLines(_ file: SourceFile) {
        var lines = JSONLines(file)
        while true {
            let place = { "\(file.path):\(lines.line)" }
            do throws(DatasetError) {
                guard try lines.next() else { break }
                if lines.isBlank {
                    blankLines += 1
                    continue
                }
                while columns.count < lines.columns.count {
                    var column = ColumnSurvey(name: lines.columns[columns.count], limit: limit)
                    (column.count, column.missing) = (rows, rows)
                    columns.append(column)
                }
                rows += 1
                for (column, value) in lines.row.enumerated() {
                    let bytes: [UInt8]? =
                        switch value {
                        case .text(let range): try lines.decoded(range)
                        case .plain(let range): Array(file.bytes[range])
                        case .missing: nil
                        }
                    let isMissing = bytes == nil || bytes == Array("NaN".utf8)
                    (bytes ?? []).withUnsafeBufferPointer {
                        columns[column].add($0, isMissing: isMissing, place())
                    }
                }
            } catch {
                problems.add("lines that are not objects of numbers and texts", error)
                lines.skipLine()
            }
        }
    }

    /// Whether the first row names columns: none of its fields is a number or empty, except the first.
    private static func isHeader(_ row: [String]) -> Bool {
        row.enumerated().allSatisfy { index, text in
            var text = text
            let isNumber = text.withUTF8 { DecimalNumber.parse($0) } != nil
            return !isNumber && (index == 0 || !text.isEmpty || row.count { $0.isEmpty } < row.count / 2)
        }
    }

    /// Unique names.
    private static func different(_ names: [String]) -> [String] {
        var seen: [String: Int] = [:]
        let taken = Set(names)
        return names.enumerated().map { index, name in
            let name = name.isEmpty ? "column_\(index)" : name
            let number = seen[name, default: 0] + 1
            seen[name] = number
            guard number > 1 else { return name }
            var other = "\(name)_\(number)"
            while taken.contains(other) { other += "_" }
            return other
        }
    }
}
