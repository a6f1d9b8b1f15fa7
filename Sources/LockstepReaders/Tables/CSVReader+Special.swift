/// The parts of a row that are assembled after all of its fields have been read.
struct CSVRow {
    let firstNumber: Int
    let firstCategory: Int
    /// The inputs that count the words of each text.
    var texts: [[Int32]]
    /// The texts that are copied to predictions.
    var identifiers: [String]
    /// Whether the fields with an indicator are missing.
    var areMissing: [Bool]

    init(firstNumber: Int, firstCategory: Int, _ layout: CSVLayout) {
        (self.firstNumber, self.firstCategory) = (firstNumber, firstCategory)
        texts = layout.hashedCount == 0 ? [] : [[Int32]](repeating: [], count: layout.hashedCount)
        areMissing =
            layout.indicatorCount == 0 ? [] : [Bool](repeating: false, count: layout.indicatorCount)
        identifiers =
            layout.identifierCount == 0 ? [] : [String](repeating: "", count: layout.identifierCount)
    }
}

/// Fields of dates, texts, weights and identifiers.
extension CSVReader {
    /// The names of the columns: from the run file if it lists them, otherwise from the first line.
    func names(_ first: [String], _ line: Int, _ path: String) throws(DatasetError) -> [String] {
        guard first != [""] || !format.header || !format.text.names.isEmpty else {
            throw blankLine(path, line)
        }
        let names = format.text.names
        guard !names.isEmpty else { return first }
        // A table for prediction may lack its target.
        let isComplete = first.count == names.count
        guard
            isComplete || (columns != nil && first.count == names.count - 1 && names.contains(format.target))
        else {
            throw DatasetError(
                .mismatch, path, .line(line),
                "the line has \(first.count) fields, but names lists \(names.count) columns",
                advice: "list a name for each column")
        }
        return isComplete ? names : names.filter { $0 != format.target }
    }

    mutating func append(_ row: CSVRow) {
        areMissing.append(contentsOf: row.areMissing)
        for text in row.texts {
            words.append(contentsOf: text)
            wordEnds.append(words.count)
        }
        for text in row.identifiers {
            identifierBytes.append(contentsOf: text.utf8)
            identifierEnds.append(UInt64(identifierBytes.count))
        }
    }

    /// The inputs that count the words of a text.
    func inputs(
        _ field: CSVScanner.Field, _ scanner: CSVScanner, _ text: HashedColumn
    ) throws(DatasetError) -> [Int32] {
        var inputs: [Int32] = []
        text.inputs(of: try scanner.string(field)) { inputs.append($0) }
        return inputs
    }

    mutating func readDate(
        _ field: CSVScanner.Field, _ date: DateColumn, at place: Int, _ path: String, _ line: Int,
        _ name: String, _ imputation: ColumnImputation?
    ) throws(DatasetError) {
        guard !isMissing(number: field) else {
            // All of its numbers are missing.
            _ = try missing(path, line, name, imputation)
            return
        }
        guard let day = dateFormats[date.format]?.parse(field) else {
            let text = String(decoding: field.prefix(40), as: UTF8.self)
            throw DatasetError(
                .value, path, .line(line),
                "'\(text)' in column '\(name)' is not a date in the format '\(date.format)'",
                advice:
                    "correct it, or set dates[].format: iso (such as 2026-01-31), or codes such as %d.%m.%Y")
        }
        for (index, number) in date.numbers(day).enumerated() { numbers[place + index] = number }
    }

    func weight(
        _ field: CSVScanner.Field, _ path: String, _ line: Int, _ name: String
    ) throws(DatasetError) -> Float {
        let value = spelling.parse(field)
        guard let value, value >= 0, Float(value).isFinite else {
            let text = String(decoding: field.prefix(40), as: UTF8.self)
            throw DatasetError(
                .value, path, .line(line), "'\(text)' in column '\(name)' is not a sample weight",
                advice: "give a number that is at least 0")
        }
        return Float(value)
    }

    /// Warnings about missing optional columns, and about unnamed ones.
    mutating func noteOmissions(_ layout: CSVLayout, _ path: String) {
        if layout.hasWeight, layout.hasTarget, !layout.uses.contains(.weight),
            let name = format.treatment.sampleWeight
        {
            notes.append("\(path): there is no column '\(name)', so all samples have the weight 1")
        }
        if let column = layout.names.firstIndex(of: ""), layout.uses[column] == .number(0) {
            notes.append(
                "\(path): column \(column + 1) has no name and is an input; if it numbers the rows, list it under ignore or id as \"\""
            )
        }
    }

    mutating func noteUnknownName(_ column: String, _ name: String, _ line: Int) {
        if let index = unknownNames.firstIndex(where: { $0.column == column }) {
            unknownNames[index].count += 1
        } else {
            unknownNames.append((column, 1, name, line))
        }
    }

    /// Warnings about names that the training file does not have.
    mutating func noteUnknownNames(_ path: String) {
        for (column, count, first, line) in unknownNames {
            let values =
                count == 1 ? "a value of column '\(column)' does" : "\(count) values of column '\(column)' do"
            notes.append(
                "\(path): \(values) not occur in \(format.train), so no category is set; the first is '\(first)' in line \(line)"
            )
        }
        unknownNames = []
    }

    /// Whether an input is missing.
    func hasMissing(_ columns: CSVColumns) -> Bool {
        if numbers.contains(where: \.isNaN) { return true }
        guard columns.imputations != nil, categories.contains(-1) else { return false }
        let filled = columns.filledCategories
        return categories.indices.contains { categories[$0] == -1 && filled[$0 % filled.count] }
    }
}

extension CSVColumns {
    /// For each column of categories whether a missing one is replaced by the most frequent one.
    var filledCategories: [Bool] {
        roles.enumerated().compactMap { column, role in
            guard case .category = role else { return nil }
            return imputation(column)?.strategy == .mostFrequent
        }
    }
}
