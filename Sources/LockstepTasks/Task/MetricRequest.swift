/// The metrics that an evaluation needs.
public struct MetricRequest: Sendable {
    /// The number of samples that will be evaluated.
    public var samples: Int
    /// Whether all metrics are requested, even those that store values of every sample.
    public var isComplete: Bool
    /// A metric that is always needed, such as `roc_auc`; nil for none.
    public var watched: String?

    /// Makes a request.
    public init(samples: Int, isComplete: Bool = true, watched: String? = nil) {
        self.samples = samples
        self.isComplete = isComplete
        self.watched = watched
    }

    /// Whether a metric that stores values of every sample is requested.
    public func wants(_ metric: String) -> Bool { isComplete || watched == metric }
}

/// The parts of an evaluation report besides its metrics.
public struct MetricReport: Sendable {
    /// A table of text.
    public struct Table: Sendable {
        /// The names of the columns.
        public var header: [String]
        /// The cells of each row.
        public var rows: [[String]]

        /// Makes a table.
        public init(header: [String], rows: [[String]]) {
            self.header = header
            self.rows = rows
        }
    }

    /// Remarks by name, such as why a metric was left out.
    public var remarks: [(name: String, text: String)]
    /// The tables.
    public var tables: [Table]

    /// Makes a report.
    public init(remarks: [(name: String, text: String)] = [], tables: [Table] = []) {
        self.remarks = remarks
        self.tables = tables
    }
}
