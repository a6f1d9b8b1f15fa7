import LockstepContracts

/// Sums of the weights of samples for accuracy, precision, recall and F1 of a classification, as scikit-learn's `sample_weight`.
public struct WeightedClassCounts: Sendable, Equatable {
    /// The weight of the samples whose label is among the best scores.
    public private(set) var topHits = 0.0
    /// Shape [K]: the weight of the correctly predicted samples of each class.
    public private(set) var right: [Double]
    /// Shape [K]: the weight of the samples of each class.
    public private(set) var support: [Double]
    /// Shape [K]: the weight of the samples predicted as each class.
    public private(set) var given: [Double]

    init(classes: Int) {
        right = [Double](repeating: 0, count: classes)
        support = right
        given = right
    }

    mutating func count(label: Int, answer: Int, isAmongTop: Bool, weight: Double) {
        if isAmongTop { topHits += weight }
        support[label] += weight
        given[answer] += weight
        if label == answer { right[label] += weight }
    }

    mutating func merge(_ next: WeightedClassCounts) {
        doubles = zip(doubles, next.doubles).map { $0 + $1 }
    }

    var doubles: [Double] {
        get { [topHits] + right + support + given }
        set {
            let classes = right.count
            contract(
                newValue.count == 1 + 3 * classes,
                "WeightedClassCounts: \(newValue.count) doubles for \(classes) classes")
            topHits = newValue[0]
            right = Array(newValue[1..<1 + classes])
            support = Array(newValue[1 + classes..<1 + 2 * classes])
            given = Array(newValue[1 + 2 * classes..<1 + 3 * classes])
        }
    }

    /// The weight of all samples.
    public var total: Double { support.reduce(0, +) }
}
