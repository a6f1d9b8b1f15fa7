import LockstepTasks

/// What a classifier predicts of every sample of a set: for curves and tables over all of them.
public struct ClassPredictions: Sendable, Equatable {
    /// The names of the K classes.
    public let classes: [String]
    /// Shape [n]: the class of each sample.
    public private(set) var labels: [Int] = []
    /// Shape [n]: the predicted class.
    public private(set) var predicted: [Int] = []
    /// Shape [n, K], row-major: the probability of each class.
    public private(set) var probabilities: [Double] = []

    /// The number of samples.
    public var count: Int { labels.count }

    /// No samples yet.
    public init(classes: [String]) { self.classes = classes }

    /// The names of classes in the columns of a task's predictions; nil for a task that does not predict one class for each sample.
    static func classes(of fields: [PredictedField]) -> [String]? {
        let prefix = "probability "
        let names = fields.filter { $0.numbers != nil && $0.name.hasPrefix(prefix) }.map {
            String($0.name.dropFirst(prefix.count))
        }
        let isOfOneClass = ["target", "prediction"].allSatisfy { name in
            fields.contains { $0.name == name && $0.texts != nil }
        }
        return isOfOneClass && names.count >= 2 ? names : nil
    }

    /// The samples of a block as numbers: class, prediction and probabilities of each.
    static func numbers(of fields: [PredictedField], classes: [String]) -> [Double] {
        var numbers: [String: Double] = [:]
        for (index, name) in classes.enumerated() { numbers[name] = Double(index) }
        func indices(_ column: String) -> [Double] {
            (fields.first { $0.name == column }?.texts ?? []).map { numbers[$0] ?? -1 }
        }
        let (labels, predicted) = (indices("target"), indices("prediction"))
        let columns = fields.compactMap(\.numbers)
        return labels.indices.flatMap { row in [labels[row], predicted[row]] + columns.map { $0[row] } }
    }

    /// Adds samples.
    mutating func append(_ numbers: [Double]) {
        let width = classes.count + 2
        for start in stride(from: 0, to: numbers.count, by: width) {
            labels.append(Int(numbers[start]))
            predicted.append(Int(numbers[start + 1]))
            probabilities += numbers[start + 2..<start + width]
        }
    }

    /// Adds a sample.
    public mutating func append(label: Int, predicted: Int, probabilities: [Double]) {
        append([Double(label), Double(predicted)] + probabilities)
    }

    /// The probability of a class for each sample. Shape [n].
    public func probability(of label: Int) -> [Double] {
        stride(from: label, to: probabilities.count, by: classes.count).map { probabilities[$0] }
    }

    /// Shape [K, K], row-major: how many samples of each class (row) were predicted as each class (column).
    public var confusion: [Int] {
        var table = [Int](repeating: 0, count: classes.count * classes.count)
        for (label, predicted) in zip(labels, predicted) { table[label * classes.count + predicted] += 1 }
        return table
    }
}
