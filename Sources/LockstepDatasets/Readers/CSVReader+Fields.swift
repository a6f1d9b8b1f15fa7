extension CSVReader {
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

    mutating func category(
        _ field: CSVScanner.Field, _ place: Int, _ path: String, _ line: Int, _ column: Int,
        _ columns: inout CSVColumns
    ) throws(DatasetError) {
        if Self.isMissing(field) {
            _ = try missing(path, line, columns.names[column])
            categories.append(-1)
            return
        }
        let name = String(decoding: field, as: UTF8.self)
        guard let number = columns.vocabularies[place].number(name) else {
            throw DatasetError(
                .value, path, .line(line),
                "'\(name)' in column '\(columns.names[column])' does not occur in \(recipe.train)",
                advice: "remove the row, or add such rows to the training file")
        }
        guard number < 4096 else {
            throw DatasetError(
                .value, path, .line(line),
                "column '\(columns.names[column])' has more than 4096 different values",
                advice: "list it under ignore, or make it a number")
        }
        categories.append(number)
    }

    mutating func target(
        _ field: CSVScanner.Field, _ path: String, _ line: Int, _ column: Int, _ columns: inout CSVColumns
    ) throws(DatasetError) {
        guard !Self.isMissing(field) else {
            throw DatasetError(
                .value, path, .line(line), "the target '\(columns.names[column])' has no value",
                advice: "fill it in or remove the row")
        }
        if recipe.task == .regression {
            values.append(try number(field, path, line, columns.names[column]))
            return
        }
        let name = String(decoding: field, as: UTF8.self)
        guard let number = columns.classes.number(name) else {
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
