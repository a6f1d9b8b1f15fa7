/// How the missing values of some columns are replaced.
public struct Imputation: Codable, Sendable, Hashable {
    /// How the replacement is determined.
    public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
        /// A missing value is an error, which names the line.
        case error
        /// The mean of the column in the training split; for a category, no category.
        case mean
        /// The median of the column in the training split.
        case median
        /// The most frequent value of the column in the training split; the smallest of them if there are several.
        case mostFrequent = "most_frequent"
        /// A value given by the user, as if it were in the file.
        case constant
    }

    /// The names of the columns.
    public var columns: [String]
    /// How the replacement is determined.
    public var strategy: Strategy
    /// The replacement of `constant`.
    public var value: String?
    /// Whether each column gets an additional input: 1 if the value is missing, otherwise 0.
    public var indicator: Bool

    /// A replacement.
    public init(
        columns: [String] = [], strategy: Strategy = .mean, value: String? = nil, indicator: Bool = false
    ) {
        self.columns = columns
        self.strategy = strategy
        self.value = value
        self.indicator = indicator
    }
}

/// The replacement for one column of a table, by its number. Checkpoints store it.
package struct ColumnImputation: Codable, Sendable, Equatable {
    package var column: Int
    package var strategy: Imputation.Strategy
    package var value: String?
    package var hasIndicator: Bool
}
