import LockstepContracts

/// Sums for the errors of a regression and the coefficient of determination; samples may have weights, as scikit-learn's
/// `sample_weight`.
///
/// The variance of the targets is stored as (count, mean, squared distance from the mean), which avoids
/// cancellation.
///
/// Shapes: predictions and targets [N, D], row-major.
///
/// Source: Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances
/// (1979).
public struct RegressionSums: MetricSums, Equatable {
    /// The sums of one of the D columns.
    private struct Column: Sendable, Equatable {
        var absoluteErrors = 0.0
        var squaredErrors = 0.0
        var mean = 0.0
        var squaredDistances = 0.0
    }

    /// The number of samples.
    public private(set) var samples: Int64 = 0
    /// The sum of their weights.
    public private(set) var weight = 0.0
    private var columns: [Column]

    /// Empty sums for D outputs.
    public init(outputs: Int) {
        contract(outputs >= 1, "a regression has at least 1 output, got \(outputs)")
        columns = [Column](repeating: Column(), count: outputs)
    }

    /// Adds samples. Shapes: predictions and targets [rows, D]; weights [rows], from 0 (nil: 1).
    public mutating func add(
        predictions: UnsafePointer<Float>, targets: UnsafePointer<Float>,
        weights: UnsafePointer<Float>? = nil,
        rows: Int
    ) {
        for row in 0..<rows {
            samples += 1
            let own = weights.map { Double($0[row]) } ?? 1
            guard own > 0 else { continue }
            weight += own
            for index in columns.indices {
                let target = Double(targets[row * columns.count + index])
                let error = Double(predictions[row * columns.count + index]) - target
                columns[index].absoluteErrors += own * abs(error)
                columns[index].squaredErrors += own * (error * error)
                let distance = target - columns[index].mean
                columns[index].mean += own * distance / weight
                columns[index].squaredDistances += own * (distance * (target - columns[index].mean))
            }
        }
    }

    public mutating func merge(_ next: RegressionSums) {
        contract(columns.count == next.columns.count, "sums of different tasks")
        samples += next.samples
        guard next.weight > 0 else { return }
        let (before, added) = (weight, next.weight)
        weight += next.weight
        for (index, other) in next.columns.enumerated() {
            let distance = other.mean - columns[index].mean
            columns[index].absoluteErrors += other.absoluteErrors
            columns[index].squaredErrors += other.squaredErrors
            columns[index].mean += distance * added / (before + added)
            columns[index].squaredDistances +=
                other.squaredDistances + distance * distance * before * added / (before + added)
        }
    }

    public var doubles: [Double] {
        get {
            [Double(samples), weight]
                + columns.flatMap { [$0.absoluteErrors, $0.squaredErrors, $0.mean, $0.squaredDistances] }
        }
        set {
            contract(
                newValue.count == 2 + 4 * columns.count,
                "RegressionSums: \(newValue.count) doubles for \(columns.count) outputs")
            samples = Int64(newValue[0])
            weight = newValue[1]
            for index in columns.indices {
                let first = 2 + 4 * index
                columns[index] = Column(
                    absoluteErrors: newValue[first], squaredErrors: newValue[first + 1],
                    mean: newValue[first + 2],
                    squaredDistances: newValue[first + 3])
            }
        }
    }

    /// The mean of |prediction - target| over samples and columns; NaN without samples.
    public var meanAbsoluteError: Double { mean { $0.absoluteErrors / weight } }

    /// The root of the mean of (prediction - target)^2 over samples and columns; NaN without samples.
    public var rootMeanSquaredError: Double { mean { $0.squaredErrors / weight }.squareRoot() }

    /// 1 - squared errors / squared distances of the targets from their mean, averaged over the columns.
    ///
    /// A column whose targets are all equal counts as 1 if it is predicted exactly, otherwise as 0.
    public var determination: Double {
        guard weight > 0 else { return .nan }
        return mean { column in
            if column.squaredDistances == 0 { return column.squaredErrors == 0 ? 1 : 0 }
            return 1 - column.squaredErrors / column.squaredDistances
        }
    }

    private func mean(_ value: (Column) -> Double) -> Double {
        columns.reduce(0) { $0 + value($1) } / Double(columns.count)
    }

    public var values: [MetricValue] {
        [
            MetricValue("mean_absolute_error", meanAbsoluteError),
            MetricValue("root_mean_squared_error", rootMeanSquaredError), MetricValue("r2", determination),
        ]
    }
}
