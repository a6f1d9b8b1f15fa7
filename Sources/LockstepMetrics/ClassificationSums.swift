import LockstepContracts

/// Counts for accuracy, top-k accuracy, precision, recall and F1 of a classification.
///
/// Shapes: scores [N, K] with K classes, row-major; labels [N].
public struct ClassificationSums: MetricSums, Equatable {
    /// The number of classes, K.
    public let classes: Int
    /// k of top-k accuracy: a sample counts if its label is among this many best scores.
    public let top: Int
    /// The number of samples whose label is among the `top` best scores.
    public private(set) var topHits: Int64 = 0
    /// Shape [K]: the number of correctly predicted samples of each class.
    public private(set) var right: [Int64]
    /// Shape [K]: the number of samples of each class.
    public private(set) var support: [Int64]
    /// Shape [K]: the number of samples predicted as each class.
    public private(set) var given: [Int64]
    /// Shape [K, K]: the number of samples of each class (row) predicted as each class (column). Empty if K
    /// is above `largestTable`: metrics do not need it, and its memory would grow with the square of K.
    public private(set) var confusion: [Int64]

    /// The same sums with the weights of the samples; nil where all are 1.
    public private(set) var weighted: WeightedClassCounts?

    /// The scores of all samples, for the area under the ROC curve; nil if not computed.
    public var scores: ScoreTable?
    /// Whether nothing has been counted.
    private var isEmpty = true

    /// The largest number of classes for which `confusion` is kept.
    public static let largestTable = 100

    /// Empty counts. `top` is limited to the number of classes.
    /// - Parameter isWeighted: whether samples have weights.
    public init(classes: Int, top: Int = 5, isWeighted: Bool = false) {
        contract(classes >= 2, "a classification has at least 2 classes, got \(classes)")
        self.classes = classes
        self.top = min(top, classes)
        right = [Int64](repeating: 0, count: classes)
        support = right
        given = right
        weighted = isWeighted ? WeightedClassCounts(classes: classes) : nil
        confusion = [Int64](repeating: 0, count: classes <= Self.largestTable ? classes * classes : 0)
    }

    private mutating func count(label: Int, answer: Int, isAmongTop: Bool, weight: Float?) {
        isEmpty = false
        if isAmongTop { topHits += 1 }
        weighted?.count(label: label, answer: answer, isAmongTop: isAmongTop, weight: Double(weight ?? 1))
        support[label] += 1
        given[answer] += 1
        if label == answer { right[label] += 1 }
        if !confusion.isEmpty { confusion[label * classes + answer] += 1 }
    }

    /// Counts samples by their logits or probabilities; only their order matters.
    ///
    /// The first of equal scores counts as the best.
    /// - Parameters:
    ///   - scores: shape [rows, K].
    ///   - labels: shape [rows], each in 0 ..< K.
    ///   - weights: shape [rows], each from 0; nil for 1.
    public mutating func add(
        scores: UnsafePointer<Float>, labels: UnsafePointer<Int32>, weights: UnsafePointer<Float>? = nil,
        rows: Int
    ) {
        for row in 0..<rows {
            let scores = scores + row * classes
            let label = Int(labels[row])
            contract(0..<classes ~= label, "label \(label) is not one of \(classes) classes")
            count(
                label: label, answer: Self.best(of: scores, classes),
                isAmongTop: Self.place(of: label, in: scores, classes) < top, weight: weights?[row])
        }
    }

    /// Counts samples of two classes by one logit each: above 0 means class 1.
    /// - Parameters:
    ///   - logits: shape [rows].
    ///   - labels: shape [rows], each 0 or 1.
    ///   - weights: shape [rows], each from 0; nil for 1.
    public mutating func add(
        logits: UnsafePointer<Float>, binaryLabels labels: UnsafePointer<Float>,
        weights: UnsafePointer<Float>? = nil, rows: Int
    ) {
        contract(classes == 2, "one logit distinguishes 2 classes, not \(classes)")
        for row in 0..<rows {
            count(
                label: labels[row] > 0.5 ? 1 : 0, answer: logits[row] > 0 ? 1 : 0, isAmongTop: true,
                weight: weights?[row])
        }
    }

    public mutating func merge(_ next: ClassificationSums) {
        contract(classes == next.classes && top == next.top, "sums of different tasks")
        if let table = next.scores { scores?.merge(table) }
        // Blocks of other ranks come with their sums of weights alone.
        if let other = next.weighted { weighted?.merge(other) }
        guard !next.isEmpty else { return }
        counts = zip(counts, next.counts).map { $0 + $1 }
    }

    public var doubles: [Double] {
        get { weighted?.doubles ?? [] }
        set {
            contract(
                newValue.isEmpty == (weighted == nil), "ClassificationSums: \(newValue.count) doubles")
            weighted?.doubles = newValue
        }
    }

    public var counts: [Int64] {
        get { [topHits] + right + support + given + confusion }
        set {
            contract(
                newValue.count == 1 + 3 * classes + confusion.count,
                "ClassificationSums: \(newValue.count) counts for \(classes) classes")
            isEmpty = false
            topHits = newValue[0]
            right = Array(newValue[1..<1 + classes])
            support = Array(newValue[1 + classes..<1 + 2 * classes])
            given = Array(newValue[1 + 2 * classes..<1 + 3 * classes])
            confusion = Array(newValue[(1 + 3 * classes)...])
        }
    }

    public var lists: [[UInt8]] {
        get { scores?.lists ?? [] }
        set {
            contract(newValue.isEmpty || scores != nil, "ClassificationSums: lists without a table of scores")
            if !newValue.isEmpty { scores?.lists = newValue }
        }
    }

    /// The weight of the rows whose best score is their label's; without weights their number. Does not allocate: used in training
    /// steps.
    public static func correct(
        scores: UnsafePointer<Float>, labels: UnsafePointer<Int32>, weights: UnsafePointer<Float>? = nil,
        rows: Int, classes: Int
    ) -> Double {
        var sum = 0.0
        for row in 0..<rows where best(of: scores + row * classes, classes) == Int(labels[row]) {
            sum += Double(weights?[row] ?? 1)
        }
        return sum
    }

    /// The position of the first of the largest scores. NaN is larger than any number, as in PyTorch.
    public static func best(of scores: UnsafePointer<Float>, _ classes: Int) -> Int {
        var best = 0
        for index in 1..<max(classes, 1) where isLarger(scores[index], scores[best]) { best = index }
        return best
    }

    private static func isLarger(_ a: Float, _ b: Float) -> Bool { a > b || (a.isNaN && !b.isNaN) }

    /// The rank of `label` among the classes sorted by descending score.
    private static func place(of label: Int, in scores: UnsafePointer<Float>, _ classes: Int) -> Int {
        var place = 0
        for index in 0..<classes
        where isLarger(scores[index], scores[label])
            || (index < label && !isLarger(scores[label], scores[index]))
        {
            place += 1
        }
        return place
    }
}
