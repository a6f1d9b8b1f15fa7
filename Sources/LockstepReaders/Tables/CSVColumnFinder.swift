/// Finds the columns that a format names among those of a training file.
struct CSVColumnFinder {
    let names: [String]
    let format: TableFormat
    let path: String

    func failure(_ problem: String, advice: String) -> DatasetError {
        DatasetError(.format, path, .line(1), problem, advice: advice)
    }

    /// The number of the column with a name.
    func column(_ name: String) throws(DatasetError) -> Int {
        if let index = names.firstIndex(of: name) { return index }
        if !format.header, let number = Int(name), number < 0, names.count + number >= 0 {
            return names.count + number
        }
        throw failure(
            "there is no column '\(name)'",
            advice:
                "the columns are \(CSVColumns.list(names))\(format.header ? "" : " (the file is read as one without header)")"
        )
    }

    /// The replacement for missing values, by column; nil if no column is named.
    func imputations(_ roles: [CSVColumns.Role]) throws(DatasetError) -> [ColumnImputation]? {
        var all: [ColumnImputation] = []
        for imputation in format.treatment.impute {
            for name in imputation.columns {
                let column = try column(name)
                guard !all.contains(where: { $0.column == column }) else {
                    throw failure("column '\(name)' is named twice under impute", advice: "name it once")
                }
                if let problem = Self.problem(imputation, roles[column], format) {
                    throw failure("impute: column '\(name)' \(problem.what)", advice: problem.advice)
                }
                all.append(
                    ColumnImputation(
                        column: column, strategy: imputation.strategy, value: imputation.value,
                        hasIndicator: imputation.indicator))
            }
        }
        return all.isEmpty ? nil : all.sorted { $0.column < $1.column }
    }

    /// Why a strategy cannot be used for a column; nil if it can.
    private static func problem(
        _ imputation: Imputation, _ role: CSVColumns.Role, _ format: TableFormat
    ) -> (what: String, advice: String)? {
        switch (role, imputation.strategy) {
        case (.category, .median):
            ("has categories, which have no median", "set strategy: most_frequent, constant, mean or error")
        case (.date, .constant):
            ("has dates, which cannot be replaced by a constant", "set strategy: mean, median or error")
        case (.hashed, _):
            (
                "holds texts of words, which need no replacement: a missing text has no words",
                "take it out of the list"
            )
        case (.target, _), (.ignored, _), (.weight, _), (.identifier, _):
            ("is not an input", "take it out of the list")
        case (.number, .constant):
            NumberSpelling(decimal: format.text.decimal, thousands: format.text.thousands).isNumber(
                imputation.value ?? "")
                ? nil
                : (
                    "has numbers, but the value '\(imputation.value ?? "")' is not a number",
                    "write the value as in the file"
                )
        default: nil
        }
    }
}
