import LockstepContracts

/// What a classifier of one class against the rest reaches at every threshold of its score.
///
/// As in scikit-learn's `roc_curve`, `roc_auc_score`, `precision_recall_curve` and `average_precision_score`; samples with equal
/// scores share a threshold.
public struct ThresholdCurves: Sendable, Equatable {
    /// A place on a curve.
    public struct Place: Sendable, Equatable {
        /// From 0 to 1.
        public var x: Double
        /// From 0 to 1.
        public var y: Double
    }

    /// The share of the other samples that are above the threshold (x), and of the class's samples (y), from (0, 0) to (1, 1).
    /// Empty where the class or the rest has no samples.
    public private(set) var roc: [Place] = []
    /// The share of the class's samples that are above the threshold (x), and the share of those above it that are of the class
    /// (y), by rising recall. Empty where the class has no samples.
    public private(set) var precisionRecall: [Place] = []
    /// The area under `roc`; nan where that is empty.
    public private(set) var areaUnderROC = Double.nan
    /// The mean precision, weighted by the rise of recall; nan where `precisionRecall` is empty.
    public private(set) var averagePrecision = Double.nan

    /// The curves of samples. A score that is nan counts as the lowest. O(n log n).
    ///
    /// Shapes: scores [n]; isPositive [n].
    public init(scores: [Double], isPositive: [Bool]) {
        contract(
            scores.count == isPositive.count,
            "ThresholdCurves: \(scores.count) scores for \(isPositive.count) samples")
        let scores = scores.map { $0.isNaN ? -.infinity : $0 }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        let positives = isPositive.count { $0 }
        let negatives = scores.count - positives
        guard positives > 0 else { return }
        var (right, wrong) = (0, 0)
        (averagePrecision, areaUnderROC) = (0, negatives > 0 ? 0 : .nan)
        if negatives > 0 { roc.append(Place(x: 0, y: 0)) }
        var start = 0
        while start < order.count {
            var end = start
            let before = (right: right, wrong: wrong)
            while end < order.count, scores[order[end]] == scores[order[start]] {
                if isPositive[order[end]] { right += 1 } else { wrong += 1 }
                end += 1
            }
            start = end
            let recall = Double(right) / Double(positives)
            let precision = Double(right) / Double(right + wrong)
            precisionRecall.append(Place(x: recall, y: precision))
            averagePrecision += Double(right - before.right) / Double(positives) * precision
            guard negatives > 0 else { continue }
            roc.append(Place(x: Double(wrong) / Double(negatives), y: recall))
            areaUnderROC +=
                Double(wrong - before.wrong) / Double(negatives) * Double(right + before.right)
                / (2 * Double(positives))
        }
    }
}
