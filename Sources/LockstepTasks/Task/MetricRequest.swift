/// Which metrics an evaluation needs.
public struct MetricRequest: Sendable {
    /// The number of samples that will be evaluated.
    public var samples: Int
    /// Whether all metrics are wanted, also those that keep values of every sample.
    public var isComplete: Bool
    /// The name of a metric that is needed in any case, such as `roc_auc`; nil for none.
    public var watched: String?

    /// A request.
    public init(samples: Int, isComplete: Bool = true, watched: String? = nil) {
        self.samples = samples
        self.isComplete = isComplete
        self.watched = watched
    }

    /// Whether a metric is wanted that keeps values of every sample.
    public func wants(_ metric: String) -> Bool { isComplete || watched == metric }
}

/// What a report on an evaluation shows besides its metrics.
public struct MetricReport: Sendable {
    /// A table of text.
    public struct Table: Sendable {
        /// The names of the columns.
        public var header: [String]
        /// The cells of each row.
        public var rows: [[String]]

        /// A table.
        public init(header: [String], rows: [[String]]) {
            self.header = header
            self.rows = rows
        }
    }

    /// Facts by name, such as a metric that was left out, and why.
    public var remarks: [(name: String, text: String)]
    /// The tables.
    public var tables: [Table]

    /// A report.
    public init(remarks: [(name: String, text: String)] = [], tables: [Table] = []) {
        self.remarks = remarks
        self.tables = tables
    }
}
