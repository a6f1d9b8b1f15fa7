/// Precision, recall and F1 of one class.
public struct ClassMetrics: Sendable, Equatable, Codable {
    /// The number of the class.
    public let label: Int
    /// right / given: the fraction of the samples predicted as this class that belong to it; 0 if there are
    /// none.
    public let precision: Double
    /// right / support: the fraction of the samples of this class that are predicted as it; 0 if there are
    /// none.
    public let recall: Double
    /// 2 precision recall / (precision + recall); 0 when both are 0.
    public let f1: Double
    /// The number of samples of this class.
    public let support: Int64
    /// The number of samples predicted as this class.
    public let given: Int64

    /// Metrics from counts, with 0 for what would be 0 / 0.
    init(label: Int, right: Int64, support: Int64, given: Int64) {
        self.label = label
        self.support = support
        self.given = given
        precision = given == 0 ? 0 : Double(right) / Double(given)
        recall = support == 0 ? 0 : Double(right) / Double(support)
        f1 = support + given == 0 ? 0 : Double(2 * right) / Double(support + given)
    }

    /// Metrics from sums of weights; samples are counted as they are.
    init(label: Int, _ weighted: WeightedClassCounts, support: Int64, given: Int64) {
        self.label = label
        self.support = support
        self.given = given
        let (right, all, answers) = (weighted.right[label], weighted.support[label], weighted.given[label])
        precision = answers == 0 ? 0 : right / answers
        recall = all == 0 ? 0 : right / all
        f1 = all + answers == 0 ? 0 : 2 * right / (all + answers)
    }
}

extension ClassificationSums {
    /// The number of samples counted.
    public var samples: Int64 { support.reduce(0, +) }

    /// The number of correctly predicted samples.
    public var correct: Int64 { right.reduce(0, +) }

    /// correct / samples, by their weights; NaN without samples.
    public var accuracy: Double {
        weighted.map { $0.right.reduce(0, +) / $0.total } ?? Double(correct) / Double(samples)
    }

    /// The fraction of samples whose label is among the `top` best scores; NaN without samples.
    public var topAccuracy: Double {
        weighted.map { $0.topHits / $0.total } ?? Double(topHits) / Double(samples)
    }

    /// Precision, recall and F1 of each class, with 0 for what would be 0 / 0.
    public var perClass: [ClassMetrics] {
        (0..<classes).map { label in
            weighted.map {
                ClassMetrics(label: label, $0, support: support[label], given: given[label])
            }
                ?? ClassMetrics(
                    label: label, right: right[label], support: support[label], given: given[label])
        }
    }

    /// The means of precision, recall and F1 over the classes that occur among the labels or the predictions.
    public var macro: (precision: Double, recall: Double, f1: Double) {
        let occurring = perClass.filter { $0.support + $0.given > 0 }
        let count = Double(occurring.count)
        return (
            occurring.reduce(0) { $0 + $1.precision } / count, occurring.reduce(0) { $0 + $1.recall } / count,
            occurring.reduce(0) { $0 + $1.f1 } / count
        )
    }

    public var values: [MetricValue] {
        let macro = macro
        var values = [MetricValue("accuracy", accuracy)]
        if top > 1, top < classes { values.append(MetricValue("top_\(top)_accuracy", topAccuracy)) }
        values += [
            MetricValue("macro_precision", macro.precision), MetricValue("macro_recall", macro.recall),
            MetricValue("macro_f1", macro.f1),
        ]
        if let area = scores?.areaUnderROC { values.append(MetricValue("roc_auc", area)) }
        return values
    }
}
