/// How the rows of a table, and columns of special kinds, are treated.
public struct TableTreatment: Codable, Sendable, Hashable {
    /// What happens to a name of a category that the training file does not have.
    public enum Unknown: String, Codable, Sendable, Hashable, CaseIterable {
        /// It is an error that names the line.
        case error
        /// It is none of the categories.
        case ignore
    }

    /// What happens to a line without fields.
    public enum BlankLines: String, Codable, Sendable, Hashable, CaseIterable {
        /// It is an error that names the line.
        case error
        /// It is no row.
        case skip
    }

    /// The columns that are no inputs and stand in predictions.
    public var identifiers: [String]
    /// The column with the weight of each row in losses and metrics.
    public var sampleWeight: String?
    /// The columns of dates.
    public var dates: [DateColumn]
    /// The columns of texts whose words are counted.
    public var hashed: [HashedColumn]
    /// What takes the place of missing values, by column.
    public var impute: [Imputation]
    /// What happens to a name of a category that the training file does not have.
    public var unknown: Unknown
    /// What happens to a line without fields.
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

    /// The columns that it names.
    package var columnNames: [String] {
        identifiers + (sampleWeight.map { [$0] } ?? []) + dates.map(\.column) + hashed.map(\.column)
            + impute.flatMap(\.columns)
    }
}

/// How the text of a table in CSV is written.
public struct TableText: Codable, Sendable, Hashable {
    /// The decimal sign of numbers.
    public var decimal: String
    /// What separates thousands; empty for nothing.
    public var thousands: String
    /// The lines before the first row, or before the names of the columns.
    public var skipLines: Int
    /// The names of the columns, instead of those in the first line; empty for those.
    public var names: [String]

    /// A text as pandas writes it.
    public init(decimal: String = ".", thousands: String = "", skipLines: Int = 0, names: [String] = []) {
        self.decimal = decimal
        self.thousands = thousands
        self.skipLines = skipLines
        self.names = names
    }
}
