import LockstepContracts

/// Means over samples, by name: for metrics that average one number per sample.
///
/// ```swift
/// var means = NamedMeans(["reconstruction", "kl"])
/// means.add([sumOfReconstructions, sumOfKL], samples: batch.count)
/// ```
public struct NamedMeans: MetricSums, Equatable {
    private let names: [String]
    private var sums: [Double]
    private var samples = 0.0

    /// Empty sums.
    public init(_ names: [String]) {
        self.names = names
        sums = [Double](repeating: 0, count: names.count)
    }

    /// Adds samples.
    /// - Parameter new: the sum over these samples for each name.
    public mutating func add(_ new: [Double], samples count: Int) {
        contract(new.count == names.count, "NamedMeans: \(new.count) sums for \(names.count) names")
        for (index, sum) in new.enumerated() { sums[index] += sum }
        samples += Double(count)
    }

    public mutating func merge(_ next: NamedMeans) {
        for (index, sum) in next.sums.enumerated() { sums[index] += sum }
        samples += next.samples
    }

    public var doubles: [Double] {
        get { sums + [samples] }
        set { (sums, samples) = (newValue.dropLast(), newValue[names.count]) }
    }

    public var values: [MetricValue] { zip(names, sums).map { MetricValue($0, $1 / samples) } }
}
