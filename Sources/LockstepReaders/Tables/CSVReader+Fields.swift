extension CSVReader {
    /// A warning about columns that the training table does not have.
    mutating func noteUnknown(_ unknown: [String], _ path: String) {
        guard let first = unknown.first else { return }
        let columns = unknown.count == 1 ? "column '\(first)' is" : "columns \(CSVColumns.list(unknown)) are"
        notes.append("\(path): \(columns) not in \(format.train) and therefore ignored")
    }

    /// Warns about the first whole number of a column that double precision rounds: nanoseconds since 1970, or long
    /// identifiers, many of which become equal.
    private mutating func noteDigits(
        _ field: CSVScanner.Field, _ value: Double, _ name: String, _ path: String
    ) {
        guard value.magnitude >= 0x1p53, let whole = Int64(String(decoding: field, as: UTF8.self)),
            Int64(exactly: value) != whole, !longColumns.contains(name)
        else { return }
        longColumns.append(name)
        notes.append(
            "\(path): \(whole) in column '\(name)' has more digits than double precision can hold, so numbers that differ by "
                + "less than \(Int64(value.ulp)) become equal; remove digits, or subtract a constant")
    }

    package func blankLine(_ path: String, _ line: Int) -> DatasetError {
        DatasetError(
            .format, path, .line(line), "the line is blank", advice: "remove it, or set blank_lines: skip")
    }

    /// The number for a missing value: its replacement if that does not depend on the training split, otherwise NaN.
    package func missing(
        _ path: String, _ line: Int, _ name: String, _ imputation: ColumnImputation?
    ) throws(DatasetError) -> Double {
        if imputation?.strategy == .constant, var text = imputation?.value,
            let value = text.withUTF8({ spelling.parse($0) })
        {
            return value
        }
        guard imputation.map({ $0.strategy != .error }) ?? format.canMiss else {
            throw DatasetError(
                .value, path, .line(line), "column '\(name)' has no value",
                advice:
                    "fill it in, remove the row, or set missing: mean, or another strategy for the column under impute"
            )
        }
        return .nan
    }

    package mutating func number(
        _ field: CSVScanner.Field, _ path: String, _ line: Int, _ name: String
    ) throws(DatasetError) -> Double {
        guard let value = spelling.parse(field) else {
            throw notANumber(String(decoding: field.prefix(40), as: UTF8.self), path, line, name)
        }
        guard Float(value).isFinite else {
            throw DatasetError(
                .value, path, .line(line),
                "\(value) in column '\(name)' is beyond the range of 32-bit numbers",
                advice: "rescale the column")
        }
        noteDigits(field, value, name, path)
        return value
    }

    private func notANumber(_ text: String, _ path: String, _ line: Int, _ name: String) -> DatasetError {
        // `-`, `unknown`, `.`: not a misspelled number.
        let isWordOrSign = !format.isJSONLines && !text.contains(where: \.isNumber)
        let advice =
            name == format.target
            ? "correct it, or set task: classification, where targets are class names"
            : DateFormat("iso").isDate(text)
                ? "it is a date: list the column under dates, or under ignore"
                : (isWordOrSign
                    ? "if it stands for a missing value, add it to missing_values; otherwise " : "")
                    + "correct it, or list the column under categorical or ignore"
        // A number in another notation.
        let isSpelled =
            !format.isJSONLines && text.contains(",") && !text.contains(" ")
            && [(",", "."), (".", ",")].contains {
                NumberSpelling(decimal: $0.0, thousands: $0.1).isNumber(text)
            }
        return DatasetError(
            .value, path, .line(line), "'\(text)' in column '\(name)' is not a number",
            advice: isSpelled
                ? "set decimal and thousands to the characters in its numbers, or \(advice)" : advice)
    }

    /// The number of a name; -1 if it is missing, -2 if the training file does not have it.
    package mutating func category(
        _ field: CSVScanner.Field, _ scanner: CSVScanner, _ vocabulary: inout CSVVocabulary, _ path: String,
        _ line: Int, _ column: String, _ imputation: ColumnImputation? = nil
    ) throws(DatasetError) -> Int32 {
        var replacement: String?
        if isMissing(name: field, scanner) {
            if imputation?.strategy == .constant { replacement = imputation?.value }
            guard replacement != nil || imputation.map({ $0.strategy != .error }) ?? format.canMiss else {
                throw DatasetError(
                    .value, path, .line(line), "column '\(column)' has no value\(Self.said(field))",
                    advice: "fill it in, remove the row, or set missing: mean"
                        + (field.isEmpty
                            ? "" : "; if it is a name, quote it, or take it out of missing_values"))
            }
            if replacement == nil { return -1 }
        }
        let name: String
        if let replacement { name = replacement } else { name = try scanner.string(field) }
        guard let number = vocabulary.number(name) else {
            if format.treatment.unknown == .ignore {
                noteUnknownName(column, name, line)
                return -2
            }
            throw DatasetError(
                .value, path, .line(line),
                "'\(name)' in column '\(column)' does not occur in \(format.train), which has "
                    + CSVColumns.list(vocabulary.names),
                advice:
                    "correct it, remove the row, set unknown: ignore (none of them), "
                    + "or add such rows to the training file and train again")
        }
        guard number < 4096 else {
            throw DatasetError(
                .value, path, .line(line),
                "column '\(column)' has more than 4096 different values",
                advice: "list the column under ignore or hashed, or use numbers")
        }
        return number
    }

    package mutating func target(
        _ field: CSVScanner.Field, _ scanner: CSVScanner, _ names: inout CSVVocabulary, _ path: String,
        _ line: Int, _ column: String
    ) throws(DatasetError) {
        let isNumber = format.isRegression
        guard isNumber ? !isMissing(number: field) : !isMissing(name: field, scanner) else {
            let error = DatasetError(
                .value, path, .line(line), "the target '\(column)' has no value\(Self.said(field))",
                advice: "fill it in or remove the row"
                    + (isTargetOptional ? "; to predict without targets, leave all of them empty" : "")
                    + (isNumber || field.isEmpty
                        ? "" : "; if it is a class, quote it, or take it out of missing_values"))
            guard isTargetOptional else { throw error }
            // An error unless all are missing.
            missingTarget = missingTarget ?? error
            missingTargets += 1
            return
        }
        if format.isRegression {
            values.append(try number(field, path, line, column))
            return
        }
        let name = try scanner.string(field)
        guard let number = names.number(name) else {
            throw DatasetError(
                .labelOutOfRange, path, .line(line),
                "class '\(name)' does not occur in \(format.train), which has \(CSVColumns.list(names.names))",
                advice: "correct it, remove the row, or add such rows to the training file and train again")
        }
        guard number < 100_000 else {
            throw DatasetError(
                .labelOutOfRange, path, .line(line), "the target has more than 100000 different values",
                advice: "set task: regression if it is a number")
        }
        classes.append(number)
    }

    /// Whether a field of a numeric column is missing; an empty field always is.
    package func isMissing(number field: CSVScanner.Field) -> Bool {
        field.isEmpty || missingTexts.contains(field)
    }

    /// Whether the last field, in a column of names, is missing. A quoted field is a name, unless it is empty.
    package func isMissing(name field: CSVScanner.Field, _ scanner: CSVScanner) -> Bool {
        (field.isEmpty || !scanner.wasQuoted) && missingTexts.contains(field)
    }

    /// The text of a missing value, for the message.
    private static func said(_ field: CSVScanner.Field) -> String {
        field.isEmpty ? "" : ": it says \(String(decoding: field, as: UTF8.self))"
    }
}
