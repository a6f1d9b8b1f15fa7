/// How the rows of a table, and columns of special kinds, are treated.
public struct TableTreatment: Codable, Sendable, Hashable {
    /// How a category that the training file does not have is treated.
    public enum Unknown: String, Codable, Sendable, Hashable, CaseIterable {
        /// It is an error, which names the line.
        case error
        /// It counts as no category: its one-hot vector is zero.
        case ignore
    }

    /// How a blank line is treated.
    public enum BlankLines: String, Codable, Sendable, Hashable, CaseIterable {
        /// It is an error, which names the line.
        case error
        /// It is skipped.
        case skip
    }

    /// The columns that are copied to predictions and are not inputs.
    public var identifiers: [String]
    /// The column with the weight of each row in losses and metrics.
    public var sampleWeight: String?
    /// The columns of dates.
    public var dates: [DateColumn]
    /// The columns of texts whose words are counted.
    public var hashed: [HashedColumn]
    /// The replacement for missing values, by column.
    public var impute: [Imputation]
    /// How a category that the training file does not have is treated.
    public var unknown: Unknown
    /// How a blank line is treated.
    public var blankLines: BlankLines

    /// A treatment.
    public init(
        identifiers: [String] = [], sampleWeight: String? = nil, dates: [DateColumn] = [],
        hashed: [HashedColumn] = [], impute: [Imputation] = [], unknown: Unknown = .error,
        blankLines: BlankLines = .error
    ) {
        self.identifiers = identifiers
        self.sampleWeight = sampleWeight
        self.dates = dates
        self.hashed = hashed
        self.impute = impute
        self.unknown = unknown
        self.blankLines = blankLines
    }

    /// The names of all columns in the treatment.
    package var columnNames: [String] {
        identifiers + (sampleWeight.map { [$0] } ?? []) + dates.map(\.column) + hashed.map(\.column)
            + impute.flatMap(\.columns)
    }
}

/// How the text of a table in CSV is written.
public struct TableText: Codable, Sendable, Hashable {
    /// The decimal sign of numbers.
    public var decimal: String
    /// The thousands separator; empty for none.
    public var thousands: String
    /// The lines before the first row, or before the names of the columns.
    public var skipLines: Int
    /// The names of the columns, which replace those of the first line; empty to use the first line.
    public var names: [String]

    /// The defaults, as pandas writes files.
    public init(decimal: String = ".", thousands: String = "", skipLines: Int = 0, names: [String] = []) {
        self.decimal = decimal
        self.thousands = thousands
        self.skipLines = skipLines
        self.names = names
    }
}
