/// The values that a shard contributes to a step besides its gradients, in the layout of the exchange's
/// records.
///
/// Sums are doubles, added over the shards in the order of the reduction tree: their bits do not depend on
/// the number of ranks.
public struct ShardRecord: BitwiseCopyable, Sendable {
    /// The sum of the losses of the shard's samples.
    public var lossSum: Double
    /// The divisor of the loss sum: the number of samples, or the sum of their weights.
    public var weight: Double
    /// Up to four further sums, for example the number of correct predictions.
    public var metricSums: SIMD4<Double>
    /// The shard's flags.
    public var flags: StepFlags
    /// The number of samples.
    public var samples: UInt64
    /// The time of forward and backward, in seconds; does not affect results.
    public var computeSeconds: Double
    /// The time for which the shard's rank waited for its loader, in seconds; does not affect results.
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

    /// The sum of two neighbors in the tree.
    static func + (left: ShardRecord, right: ShardRecord) -> ShardRecord {
        ShardRecord(
            lossSum: left.lossSum + right.lossSum, weight: left.weight + right.weight,
            metricSums: left.metricSums + right.metricSums, flags: left.flags.union(right.flags),
            samples: left.samples + right.samples,
            computeSeconds: max(left.computeSeconds, right.computeSeconds),
            loadSeconds: max(left.loadSeconds, right.loadSeconds))
    }
}
