extension CSVReader {
    /// What a user should know of a file that has been read.
    func notes(on path: String) -> [String] {
        guard let first = unknown.first else { return [] }
        let columns = unknown.count == 1 ? "column '\(first)' is" : "columns \(CSVColumns.list(unknown)) are"
        return ["\(path): \(columns) ignored, which \(recipe.train) does not have"]
    }

    func missing(_ path: String, _ line: Int, _ name: String) throws(DatasetError) -> Float {
        guard recipe.missing == .mean else {
            throw DatasetError(
                .value, path, .line(line), "column '\(name)' has no value",
                advice: "fill it in, remove the row, or set missing: mean")
        }
        return .nan
    }

    func number(
        _ field: CSVScanner.Field, _ path: String, _ line: Int, _ name: String
    ) throws(DatasetError) -> Float {
        guard let value = DecimalNumber.parse(field) else {
            let text = String(decoding: field.prefix(40), as: UTF8.self)
            throw DatasetError(
                .value, path, .line(line), "'\(text)' in column '\(name)' is not a number",
                advice: name == recipe.target
                    ? "correct it, or set task: classification, where targets are names"
                    : "correct it, or list the column under categorical or ignore")
        }
        let result = Float(value)
        guard result.isFinite else {
            throw DatasetError(
                .value, path, .line(line),
                "\(value) in column '\(name)' is beyond the range of 32-bit numbers",
                advice: "rescale the column")
        }
        return result
    }

    func category(
        _ field: CSVScanner.Field, _ vocabulary: inout CSVVocabulary, _ path: String, _ line: Int,
        _ column: String
    ) throws(DatasetError) -> Int32 {
        if Self.isMissing(field) {
            _ = try missing(path, line, column)
            return -1
        }
        let name = String(decoding: field, as: UTF8.self)
        guard let number = vocabulary.number(name) else {
            throw DatasetError(
                .value, path, .line(line),
                "'\(name)' in column '\(column)' does not occur in \(recipe.train)",
                advice: "remove the row, or add such rows to the training file")
        }
        guard number < 4096 else {
            throw DatasetError(
                .value, path, .line(line),
                "column '\(column)' has more than 4096 different values",
                advice: "list it under ignore, or make it a number")
        }
        return number
    }

    mutating func target(
        _ field: CSVScanner.Field, _ names: inout CSVVocabulary, _ path: String, _ line: Int, _ column: String
    ) throws(DatasetError) {
        guard !Self.isMissing(field) else {
            throw DatasetError(
                .value, path, .line(line), "the target '\(column)' has no value",
                advice: "fill it in or remove the row")
        }
        if recipe.task == .regression {
            values.append(try number(field, path, line, column))
            return
        }
        let name = String(decoding: field, as: UTF8.self)
        guard let number = names.number(name) else {
            throw DatasetError(
                .labelOutOfRange, path, .line(line),
                "class '\(name)' does not occur in \(recipe.train)",
                advice: "remove the row, or add such rows to the training file")
        }
        guard number < 100_000 else {
            throw DatasetError(
                .labelOutOfRange, path, .line(line), "the target has more than 100000 different values",
                advice: "set task: regression if it is a number")
        }
        classes.append(number)
    }

    static func isMissing(_ field: CSVScanner.Field) -> Bool {
        switch field.count {
        case 0: true
        case 1: field[0] == 0x3F
        case 2, 3, 4:
            switch String(decoding: field, as: UTF8.self) {
            case "NA", "N/A", "n/a", "NaN", "nan", "NAN", "NULL", "null", "Null", "None", "none": true
            default: false
            }
        default: false
        }
    }
}
