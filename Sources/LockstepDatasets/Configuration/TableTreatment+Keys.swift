import LockstepConfiguration
import LockstepReaders

extension TableTreatment: Configurable {
    public init() { self.init(identifiers: []) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .texts(
                "id", \.identifiers, canBeEmpty: true,
                "columns that are not inputs and are copied to predictions"),
            .optionalText(
                "sample_weight", \.sampleWeight, what: "the name of a column",
                "column with the weight of each row in the loss and in metrics, a number of at least 0"),
            .sections("dates", \.dates, "columns of dates and times, which are converted to numbers"),
            .sections("hashed", \.hashed, "columns of texts, whose words are counted in a number of inputs"),
            .sections("impute", \.impute, "replacements for missing values in some columns"),
            .word(
                "unknown", \.unknown,
                "how a category that the training table does not have is treated: as an error, or as no category"
            ),
            .word("blank_lines", \.blankLines, "how a blank line is treated: as an error, or it is skipped"))
    }
}

extension TableText: Configurable {
    public init() { self.init(names: []) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text("decimal", \.decimal, what: "one character", "decimal sign of numbers"),
            .optionalText(
                "thousands", \.thousandsOrNil, what: "one character",
                "thousands separator in numbers, such as \",\" in 1,234.5"),
            .integer(
                "skip_lines", \.skipLines, .skippedLines,
                "number of lines to skip at the beginning of each file, before the names of the columns"),
            .texts(
                "names", \.names,
                "names of all columns, instead of those in the first line; with header: false, instead of numbers"
            ))
    }
}

extension TableText {
    fileprivate var thousandsOrNil: String? {
        get { thousands.isEmpty ? nil : thousands }
        set { thousands = newValue ?? "" }
    }

    func validate() throws(ComponentError) {
        let isOne = decimal.utf8.count == 1 && !"0123456789+-eE".contains(decimal)
        try ComponentError.require(
            isOne, "decimal", "must be one ASCII character that is not part of a number; got '\(decimal)'")
        let isSeparator = thousands.count == 1 && !"0123456789+-eE".contains(thousands)
        try ComponentError.require(
            thousands.isEmpty || isSeparator, "thousands",
            "must be one character that is not part of a number; got '\(thousands)'")
        try ComponentError.require(
            thousands.isEmpty || thousands != decimal, "thousands",
            "must differ from the decimal sign; got '\(thousands)'")
        try ComponentError.require(skipLines, in: .skippedLines, "skip_lines")
        if let twice = CSVColumns.duplicate(names) {
            throw ComponentError(path: "names", problem: "must not contain '\(twice)' twice")
        }
    }
}

extension TableTreatment {
    /// Checks the values. Columns with two roles are detected later, when the columns of the file are known.
    func validate(target: String) throws(ComponentError) {
        for (index, date) in dates.enumerated() {
            let path = "dates[\(index)]"
            if let problem = DateFormat.problem(date.format) {
                throw ComponentError(
                    path: "\(path).format", problem: "\(problem); got '\(date.format)'")
            }
            try ComponentError.require(
                date.width > 0, "\(path).features", "must name a feature, or cyclic must")
            if let twice = CSVColumns.duplicate(date.featureNames("")) {
                throw ComponentError(
                    path: path, problem: "has the feature '\(twice.dropFirst())' twice")
            }
            if let other = date.cyclic.first(where: { $0.period == nil }) {
                throw ComponentError(
                    path: "\(path).cyclic", problem: "must not contain \(other.rawValue), which has no period"
                )
            }
        }
        for (index, text) in hashed.enumerated() {
            try ComponentError.require(
                text.features, in: .hashedFeatures, "hashed[\(index)].features")
        }
        for (index, imputation) in impute.enumerated() {
            let path = "impute[\(index)]"
            try ComponentError.require(
                !imputation.columns.isEmpty, "\(path).columns", "must name a column")
            try ComponentError.require(
                (imputation.value != nil) == (imputation.strategy == .constant), "\(path).value",
                imputation.value == nil
                    ? "must be given with strategy: constant" : "is for strategy: constant")
        }
        try ComponentError.require(
            !columnNames.contains(target), "target",
            "'\(target)' must not be named under id, sample_weight, dates, hashed or impute")
    }
}

extension DateColumn: Configurable {
    public init() { self.init(column: "") }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text(
                "column", \.column, what: "the name of a column", "column of dates", default: .required),
            .text(
                "format", \.format, what: "iso, or codes of strptime",
                "format of the dates: iso, such as 2026-01-31 or 2026-01-31T12:30:00, or codes of strptime such as %d.%m.%Y %H:%M"
            ),
            .words("features", \.features, "parts of a date, each of which becomes a number"),
            .words(
                "cyclic", \.cyclic,
                "parts of a date, each of which becomes a sine and a cosine, so that its last value is close to its first"
            ))
    }
}

extension HashedColumn: Configurable {
    public init() { self.init(column: "") }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text(
                "column", \.column, what: "the name of a column", "column of texts", default: .required),
            .integer(
                "features", \.features, .hashedFeatures,
                "number of inputs; words whose hashes are equal modulo it are counted together"),
            .flag("lowercase", \.lowercase, "convert words to lower case"))
    }
}

extension Imputation: Configurable {
    public init() { self.init(columns: []) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .oneOrMore(
                "columns", \.columns, what: "the name of a column", "columns of numbers, names or dates",
                default: .required),
            .word(
                "strategy", \.strategy,
                "replacement for a missing value: the mean, the median or the most frequent value of the training split, or a constant; "
                    + "or an error"
            ),
            .optionalText(
                "value", \.value, what: "a name or a number", "replacement for strategy: constant"),
            .flag(
                "indicator", \.indicator,
                "an additional input for each column: 1 if the value is missing, otherwise 0")
        )
    }
}
