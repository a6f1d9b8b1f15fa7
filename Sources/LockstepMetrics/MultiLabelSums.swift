import LockstepContracts

/// Counts for a classification in which a sample has any number of labels.
///
/// A label is predicted if its logit is above 0, that is, its probability is above one half. The metrics are
/// scikit-learn's, with 0 for 0 / 0:
/// - `accuracy`: the fraction of correct sample-label pairs (1 - Hamming loss),
/// - `exact_match`: the fraction of samples with all labels correct,
/// - `micro_precision`, `micro_recall`, `micro_f1`: over all pairs,
/// - `macro_precision`, `macro_recall`, `macro_f1`: the means over the labels.
///
/// Shapes: logits and targets [N, K] with K labels, row-major.
public struct MultiLabelSums: MetricSums, Equatable {
    /// The number of labels, K.
    public let labels: Int
    /// The number of samples.
    public private(set) var samples: Int64 = 0
    /// The number of samples with all labels correct.
    public private(set) var exact: Int64 = 0
    /// Shape [K]: the number of samples of each label for which it is predicted.
    public private(set) var right: [Int64]
    /// Shape [K]: the number of samples of each label.
    public private(set) var support: [Int64]
    /// Shape [K]: the number of samples for which each label is predicted.
    public private(set) var given: [Int64]

    /// Empty counts.
    public init(labels: Int) {
        contract(labels >= 1, "MultiLabelSums: \(labels) labels")
        self.labels = labels
        right = [Int64](repeating: 0, count: labels)
        support = right
        given = right
    }

    /// Counts samples.
    /// - Parameters:
    ///   - logits: shape [rows, K].
    ///   - targets: shape [rows, K], each 0 or 1.
    public mutating func add(logits: UnsafePointer<Float>, targets: UnsafePointer<Float>, rows: Int) {
        for row in 0..<rows {
            var isExact = true
            for label in 0..<labels {
                let has = targets[row * labels + label] > 0.5
                let isPredicted = logits[row * labels + label] > 0
                if has { support[label] += 1 }
                if isPredicted { given[label] += 1 }
                if has && isPredicted { right[label] += 1 }
                if has != isPredicted { isExact = false }
            }
            samples += 1
            if isExact { exact += 1 }
        }
    }

    public mutating func merge(_ next: MultiLabelSums) {
        contract(labels == next.labels, "MultiLabelSums: sums of different tasks")
        guard next.samples > 0 else { return }
        counts = zip(counts, next.counts).map { $0 + $1 }
    }

    public var doubles: [Double] {
        get { [] }
        set { contract(newValue.isEmpty, "MultiLabelSums has no doubles") }
    }

    public var counts: [Int64] {
        get { [samples, exact] + right + support + given }
        set {
            contract(
                newValue.count == 2 + 3 * labels,
                "MultiLabelSums: \(newValue.count) counts for \(labels) labels")
            (samples, exact) = (newValue[0], newValue[1])
            right = Array(newValue[2..<2 + labels])
            support = Array(newValue[2 + labels..<2 + 2 * labels])
            given = Array(newValue[(2 + 2 * labels)...])
        }
    }

    /// Precision, recall and F1 of each label.
    public var perLabel: [ClassMetrics] {
        (0..<labels).map {
            ClassMetrics(label: $0, right: right[$0], support: support[$0], given: given[$0])
        }
    }

    public var values: [MetricValue] {
        let (allRight, allSupport, allGiven) = (
            right.reduce(0, +), support.reduce(0, +), given.reduce(0, +)
        )
        let pairs = samples * Int64(labels)
        let correct = pairs - (allSupport - allRight) - (allGiven - allRight)
        let micro = ClassMetrics(label: 0, right: allRight, support: allSupport, given: allGiven)
        let each = perLabel
        func mean(_ value: (ClassMetrics) -> Double) -> Double {
            each.reduce(0) { $0 + value($1) } / Double(labels)
        }
        return [
            MetricValue("accuracy", Double(correct) / Double(pairs)),
            MetricValue("exact_match", Double(exact) / Double(samples)),
            MetricValue("micro_precision", micro.precision), MetricValue("micro_recall", micro.recall),
            MetricValue("micro_f1", micro.f1), MetricValue("macro_precision", mean(\.precision)),
            MetricValue("macro_recall", mean(\.recall)), MetricValue("macro_f1", mean(\.f1)),
        ]
    }
}
