/// What one shard contributes to a step besides its gradients, as it lies in the exchange's records.
///
/// Sums are doubles, and are folded over the shards in the order of the reduction tree: their bits do not depend on
/// the number of ranks.
public struct ShardRecord: BitwiseCopyable, Sendable {
    /// The sum of the losses of the shard's samples.
    public var lossSum: Double
    /// The weight that the loss sum has to be divided by: the number of samples, or the sum of their weights.
    public var weight: Double
    /// Up to four further sums, for example the number of right answers.
    public var metricSums: SIMD4<Double>
    /// The shard's flags.
    public var flags: StepFlags
    /// The number of samples.
    public var samples: UInt64
    /// The time that forward and backward took, in seconds; of no influence on the result.
    public var computeSeconds: Double
    /// The time that the shard's rank had waited for its loader before, in seconds; of no influence on the result.
    public var loadSeconds: Double

    /// The record of a shard; all zeros for an empty one.
    public init(
        lossSum: Double = 0, weight: Double = 0, metricSums: SIMD4<Double> = .zero, flags: StepFlags = [],
        samples: UInt64 = 0, computeSeconds: Double = 0, loadSeconds: Double = 0
    ) {
        self.lossSum = lossSum
        self.weight = weight
        self.metricSums = metricSums
        self.flags = flags
        self.samples = samples
        self.computeSeconds = computeSeconds
        self.loadSeconds = loadSeconds
    }

    /// The sum of two neighbours in the tree.
    static func + (left: ShardRecord, right: ShardRecord) -> ShardRecord {
        ShardRecord(
            lossSum: left.lossSum + right.lossSum, weight: left.weight + right.weight,
            metricSums: left.metricSums + right.metricSums, flags: left.flags.union(right.flags),
            samples: left.samples + right.samples,
            computeSeconds: max(left.computeSeconds, right.computeSeconds),
            loadSeconds: max(left.loadSeconds, right.loadSeconds))
    }
}
