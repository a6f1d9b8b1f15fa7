import LockstepTasks

/// What a classifier of K labels, of which a sample has any number, predicts of every sample of a set.
public struct LabelPredictions: Sendable, Equatable {
    /// The names of the K labels.
    public let labels: [String]
    /// Shape [n, K], row-major: whether a sample has a label.
    public private(set) var targets: [Bool] = []
    /// Shape [n, K], row-major: whether a label is predicted.
    public private(set) var predicted: [Bool] = []
    /// Shape [n, K], row-major: the probability of each label.
    public private(set) var probabilities: [Double] = []

    /// The number of samples.
    public var count: Int { labels.isEmpty ? 0 : targets.count / labels.count }

    /// No samples yet.
    public init(labels: [String]) { self.labels = labels }

    /// The names of labels in the columns of a task's predictions; nil for a task that predicts something else.
    static func labels(of fields: [PredictedField]) -> [String]? {
        let prefix = "probability "
        let names = fields.filter { $0.numbers != nil && $0.name.hasPrefix(prefix) }.map {
            String($0.name.dropFirst(prefix.count))
        }
        let texts = Set(fields.filter { $0.texts != nil }.map(\.name))
        let areLabels = names.allSatisfy {
            texts.contains("target \($0)") && texts.contains("prediction \($0)")
        }
        return areLabels && !names.isEmpty ? names : nil
    }

    /// The samples of a block as numbers: target, prediction and probability of each label.
    static func numbers(of fields: [PredictedField], labels: [String]) -> [Double] {
        let columns = labels.flatMap { label in
            ["target ", "prediction ", "probability "].map { kind in
                let field = fields.first { $0.name == kind + label }
                return field?.numbers ?? (field?.texts ?? []).map { $0 == "1" ? 1 : 0 }
            }
        }
        return (0..<(columns.first?.count ?? 0)).flatMap { row in columns.map { $0[row] } }
    }

    /// Adds samples.
    mutating func append(_ numbers: [Double]) {
        for start in stride(from: 0, to: numbers.count, by: 3) {
            targets.append(numbers[start] > 0)
            predicted.append(numbers[start + 1] > 0)
            probabilities.append(numbers[start + 2])
        }
    }

    /// Adds a sample.
    ///
    /// Shapes: targets, predicted and probabilities [K].
    public mutating func append(targets: [Bool], predicted: [Bool], probabilities: [Double]) {
        self.targets += targets
        self.predicted += predicted
        self.probabilities += probabilities
    }

    /// Whether each sample has a label. Shape [n].
    public func targets(of label: Int) -> [Bool] {
        stride(from: label, to: targets.count, by: labels.count).map { targets[$0] }
    }

    /// The probability of a label for each sample. Shape [n].
    public func probability(of label: Int) -> [Double] {
        stride(from: label, to: probabilities.count, by: labels.count).map { probabilities[$0] }
    }
}
