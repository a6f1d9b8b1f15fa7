import LockstepContracts

/// The logits and labels of all samples, for metrics that need all of them at once: the area under the ROC
/// curve.
///
/// Shapes: logits [N, K], row-major, K = 1 for two classes with a single logit; labels [N].
public struct ScoreTable: Sendable, Equatable {
    /// The number of logits of each sample, K.
    public let columns: Int
    /// Shape [N, K].
    public private(set) var logits: [Float] = []
    /// Shape [N].
    public private(set) var labels: [Int32] = []
    /// Shape [N]; nil where all weights are 1.
    public private(set) var weights: [Float]?

    /// An empty table.
    public init(columns: Int, isWeighted: Bool = false) {
        contract(columns >= 1, "a sample has at least 1 logit, got \(columns)")
        self.columns = columns
        weights = isWeighted ? [] : nil
    }

    /// Appends samples. Shapes: logits [rows, K]; labels [rows]; weights [rows] (nil: 1).
    public mutating func append(
        logits: UnsafePointer<Float>, labels: UnsafePointer<Int32>, weights: UnsafePointer<Float>? = nil,
        rows: Int
    ) {
        if self.weights != nil {
            self.weights?.append(contentsOf: (0..<rows).map { weights?[$0] ?? 1 })
        }
        self.logits.append(contentsOf: UnsafeBufferPointer(start: logits, count: rows * columns))
        self.labels.append(contentsOf: UnsafeBufferPointer(start: labels, count: rows))
    }

    /// Logits and labels as bytes, for the exchange between ranks.
    public var lists: [[UInt8]] {
        get {
            [logits.withUnsafeBytes { Array($0) }, labels.withUnsafeBytes { Array($0) }]
                + (weights.map { [$0.withUnsafeBytes { Array($0) }] } ?? [])
        }
        set {
            if weights != nil {
                weights = newValue[2].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            }
            logits = newValue[0].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
            labels = newValue[1].withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
        }
    }

    /// Appends the samples of another table.
    public mutating func merge(_ next: ScoreTable) {
        contract(columns == next.columns, "tables of different tasks")
        logits.append(contentsOf: next.logits)
        labels.append(contentsOf: next.labels)
        weights?.append(contentsOf: next.weights ?? [])
    }

    /// The area under the ROC curve: the probability that a sample of a class gets a higher probability for
    /// it than a sample of another class; ties count one half. For two classes, that of class 1; for more,
    /// the mean over the classes, each against the rest. Classes without samples, or without others, are left
    /// out; nil when none remains, or when a logit is NaN.
    ///
    /// Exact, and independent of the order of the samples. O(K N log N).
    public var areaUnderROC: Double? {
        guard logits.allSatisfy({ !$0.isNaN }) else { return nil }
        if columns == 1 { return areaUnderROC(of: 1, scores: logits.map(Double.init)) }
        let odds = logits.withUnsafeBufferPointer { logits in
            labels.indices.map {
                LogOdds(UnsafeBufferPointer(rebasing: logits[$0 * columns..<($0 + 1) * columns]))
            }
        }
        func area(of label: Int) -> Double? {
            areaUnderROC(
                of: Int32(label),
                scores: odds.indices.map { odds[$0].ofClass(label, logit: logits[$0 * columns + label]) })
        }
        if columns == 2 { return area(of: 1) }
        let areas = (0..<columns).compactMap(area)
        return areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
    }

    /// The area for one class against the rest, from one score per sample (Mann and Whitney's U).
    private func areaUnderROC(of label: Int32, scores: [Double]) -> Double? {
        let order = labels.indices.sorted { scores[$0] < scores[$1] }
        if let weights { return area(of: label, scores: scores, order: order, weights: weights) }
        var positives: Int64 = 0
        var negatives: Int64 = 0
        // Twice the number of pairs in the right order, with 1 for each pair of equals.
        var pairs: Int64 = 0
        var start = 0
        while start < order.count {
            let score = scores[order[start]]
            var equalPositives: Int64 = 0
            var end = start
            while end < order.count, scores[order[end]] == score {
                if labels[order[end]] == label { equalPositives += 1 }
                end += 1
            }
            let equalNegatives = Int64(end - start) - equalPositives
            pairs += equalPositives * (2 * negatives + equalNegatives)
            positives += equalPositives
            negatives += equalNegatives
            start = end
        }
        guard positives > 0, negatives > 0 else { return nil }
        return Double(pairs) / (2 * Double(positives) * Double(negatives))
    }

    /// The same with weights: a pair counts as the product of its samples' weights.
    private func area(of label: Int32, scores: [Double], order: [Int], weights: [Float]) -> Double? {
        var (positives, negatives, pairs) = (0.0, 0.0, 0.0)
        var start = 0
        while start < order.count {
            var (equalPositives, equalNegatives) = (0.0, 0.0)
            var end = start
            while end < order.count, scores[order[end]] == scores[order[start]] {
                let weight = Double(weights[order[end]])
                if labels[order[end]] == label { equalPositives += weight } else { equalNegatives += weight }
                end += 1
            }
            pairs += equalPositives * (negatives + equalNegatives / 2)
            positives += equalPositives
            negatives += equalNegatives
            start = end
        }
        guard positives > 0, negatives > 0 else { return nil }
        return pairs / (positives * negatives)
    }
}
