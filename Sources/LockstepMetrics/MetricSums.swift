import LockstepContracts

/// What is counted and summed over a set of samples to know a metric of all of it.
///
/// Sums of blocks of samples are merged in the order of the blocks, whichever rank computed them: so the metrics of a
/// set have the same bits on any number of ranks. Counts are whole numbers; sums are doubles.
public protocol MetricSums: Sendable, Equatable {
    /// Adds the sums of the samples that follow this one's.
    mutating func merge(_ next: Self)

    /// The sums as doubles, for the exchange between ranks; counts are exact up to 2^53.
    ///
    /// The number of doubles depends on the task alone, not on the samples.
    var doubles: [Double] { get }

    /// The metrics, in the order in which they are shown.
    var values: [MetricValue] { get }
}

/// One metric with its name, such as `accuracy`.
public struct MetricValue: Sendable, Equatable, Codable {
    /// The name in `metrics.jsonl`, `summary.json` and `early_stopping.metric`, there behind `validation_` or `test_`.
    public let name: String
    /// The value; nan where it is not defined, as for an empty set.
    public let value: Double

    /// Makes a metric.
    public init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }
}

/// A sum of losses and what it has to be divided by.
public struct LossSum: MetricSums, Codable {
    /// The sum over the samples.
    public private(set) var sum = 0.0
    /// The number of samples, or the sum of their class weights.
    public private(set) var weight = 0.0

    /// Nothing yet.
    public init() {}

    /// A sum.
    public init(sum: Double, weight: Double) {
        self.sum = sum
        self.weight = weight
    }

    /// The sums that `doubles` gave.
    public init(doubles: [Double]) {
        contract(doubles.count == 2, "LossSum is 2 doubles, got \(doubles.count)")
        self.init(sum: doubles[0], weight: doubles[1])
    }

    public mutating func merge(_ next: LossSum) {
        sum += next.sum
        weight += next.weight
    }

    /// sum / weight; nan when there are no samples.
    public var mean: Double { sum / weight }

    public var doubles: [Double] { [sum, weight] }

    public var values: [MetricValue] { [MetricValue("loss", mean)] }
}
