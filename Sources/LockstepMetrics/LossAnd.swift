/// The loss of a set of samples, and further metrics.
public struct LossAnd<Metrics: MetricSums>: MetricSums {
    /// The loss.
    public var loss = LossSum()
    /// The further metrics.
    public var metrics: Metrics

    /// Empty sums.
    public init(_ metrics: Metrics) { self.metrics = metrics }

    public mutating func merge(_ next: LossAnd) {
        loss.merge(next.loss)
        metrics.merge(next.metrics)
    }

    public var doubles: [Double] {
        get { loss.doubles + metrics.doubles }
        set {
            loss.doubles = Array(newValue.prefix(2))
            metrics.doubles = Array(newValue.dropFirst(2))
        }
    }

    public var counts: [Int64] {
        get { metrics.counts }
        set { metrics.counts = newValue }
    }

    public var lists: [[UInt8]] {
        get { metrics.lists }
        set { metrics.lists = newValue }
    }

    public var values: [MetricValue] { loss.values + metrics.values }
}
