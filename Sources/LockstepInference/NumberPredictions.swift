import LockstepTasks

/// What a regression of K numbers predicts of every sample of a set, in the units of the data.
public struct NumberPredictions: Sendable, Equatable {
    /// The names of the K numbers; an empty one where there is one number.
    public let names: [String]
    /// Shape [K, n]: the target of each sample.
    public private(set) var targets: [[Double]]
    /// Shape [K, n]: the prediction for each sample.
    public private(set) var predictions: [[Double]]

    /// The number of samples.
    public var count: Int { targets.first?.count ?? 0 }

    /// No samples yet.
    public init(names: [String]) {
        self.names = names
        targets = names.map { _ in [] }
        predictions = targets
    }

    /// The names of numbers in the columns of a task's predictions; nil for a task that predicts something else.
    static func names(of fields: [PredictedField]) -> [String]? {
        let numbers = fields.filter { $0.numbers != nil }.map(\.name)
        let prefix = "prediction"
        let names = numbers.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        return names.isEmpty || !names.allSatisfy { numbers.contains("target\($0)") } ? nil : names
    }

    /// The samples of a block as numbers: target and prediction of each number.
    static func numbers(of fields: [PredictedField], names: [String]) -> [Double] {
        let columns = names.flatMap { name in
            ["target", "prediction"].map { kind in
                fields.first { $0.name == kind + name }?.numbers ?? []
            }
        }
        return (0..<(columns.first?.count ?? 0)).flatMap { row in columns.map { $0[row] } }
    }

    /// Adds samples.
    mutating func append(_ numbers: [Double]) {
        for (index, start) in stride(from: 0, to: numbers.count, by: 2).enumerated() {
            targets[index % names.count].append(numbers[start])
            predictions[index % names.count].append(numbers[start + 1])
        }
    }

    /// Adds a sample.
    ///
    /// Shapes: targets and predictions [K].
    public mutating func append(targets: [Double], predictions: [Double]) {
        append(zip(targets, predictions).flatMap { [$0, $1] })
    }
}
