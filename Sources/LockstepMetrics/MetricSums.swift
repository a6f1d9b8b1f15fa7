import LockstepContracts

/// Counts and sums over a set of samples, from which its metrics are computed.
///
/// Every rank sums blocks of samples; the sums are then merged in block order, so that metrics have the same
/// bits on any number of ranks. Ranks exchange three kinds of values:
/// - `doubles`: sums whose rounding depends on the order; stored per block and merged in order.
/// - `counts`: whole numbers, which can be added in any order; a rank adds those of its blocks.
/// - `lists`: values of single samples, for metrics that need all of them at once, such as the area under the
///   ROC curve.
///
/// A simple metric has `doubles` only:
/// ```swift
/// struct HitRate: MetricSums {
///     var hits = 0.0, samples = 0.0
///     mutating func merge(_ next: HitRate) { hits += next.hits; samples += next.samples }
///     var doubles: [Double] {
///         get { [hits, samples] }
///         set { (hits, samples) = (newValue[0], newValue[1]) }
///     }
///     var values: [MetricValue] { [MetricValue("hit_rate", hits / samples)] }
/// }
/// ```
public protocol MetricSums: Sendable {
    /// Adds the sums of the samples that follow those of this one.
    mutating func merge(_ next: Self)

    /// The sums to merge in order. Their number depends only on the task, not on the samples.
    var doubles: [Double] { get set }

    /// The whole numbers, added element by element. Their number depends only on the task.
    var counts: [Int64] { get set }

    /// Values of single samples, as bytes: each list is the concatenation of the blocks' lists. Their number
    /// depends only on the task.
    var lists: [[UInt8]] { get set }

    /// The metrics, in display order.
    var values: [MetricValue] { get }
}

extension MetricSums {
    public var counts: [Int64] {
        get { [] }
        set { contract(newValue.isEmpty, "MetricSums: \(Self.self) has no counts") }
    }

    public var lists: [[UInt8]] {
        get { [] }
        set { contract(newValue.isEmpty, "MetricSums: \(Self.self) has no lists") }
    }
}

/// One metric with its name, such as `accuracy`.
public struct MetricValue: Sendable, Equatable, Codable {
    /// The name in `metrics.jsonl`, `summary.json` and `early_stopping.metric`, there prefixed by
    /// `validation_` or `test_`.
    public let name: String
    /// The value; NaN where undefined, as for an empty set.
    public let value: Double

    /// Makes a metric.
    public init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }
}
