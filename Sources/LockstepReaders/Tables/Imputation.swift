/// What takes the place of the missing values of some columns.
public struct Imputation: Codable, Sendable, Hashable {
    /// How the replacement is found.
    public enum Strategy: String, Codable, Sendable, Hashable, CaseIterable {
        /// A missing value is an error that names the line.
        case error
        /// The mean of the column in the training split; for a category, none of them.
        case mean
        /// The median of the column in the training split.
        case median
        /// The most frequent value of the column in the training split; of several the smallest.
        case mostFrequent = "most_frequent"
        /// A value of the user's, as if it stood in the file.
        case constant
    }

    /// The names of the columns.
    public var columns: [String]
    /// How the replacement is found.
    public var strategy: Strategy
    /// The replacement of `constant`.
    public var value: String?
    /// Whether the columns get another input each: 1 where a value is missing, else 0.
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

/// The replacement for one column of a table, by its number. Checkpoints keep it.
package struct ColumnImputation: Codable, Sendable, Equatable {
    package var column: Int
    package var strategy: Imputation.Strategy
    package var value: String?
    package var hasIndicator: Bool
}
