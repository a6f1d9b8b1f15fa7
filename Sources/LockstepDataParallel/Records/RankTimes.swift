/// The times of each rank before it waited for other ranks, summed over steps.
public struct RankTimes: Sendable, Hashable {
    /// The time spent waiting for the rank's loader, in seconds. Shape: [ranks].
    public private(set) var loadSeconds: [Double]
    /// The time of forward and backward of the rank's shards, in seconds. Shape: [ranks].
    public private(set) var computeSeconds: [Double]
    /// The number of steps.
    public private(set) var steps = 0

    /// Empty sums; allocates all memory.
    public init(ranks: Int) {
        loadSeconds = [Double](repeating: 0, count: ranks)
        computeSeconds = loadSeconds
    }

    /// Adds the times of a shard to those of its rank.
    public mutating func add(rank: Int, loadSeconds load: Double, computeSeconds compute: Double) {
        loadSeconds[rank] += load
        computeSeconds[rank] += compute
    }

    /// Ends a step.
    public mutating func endStep() { steps += 1 }

    /// Adds the sums of other steps of the same ranks.
    public mutating func add(_ next: RankTimes) {
        for rank in loadSeconds.indices {
            loadSeconds[rank] += next.loadSeconds[rank]
            computeSeconds[rank] += next.computeSeconds[rank]
        }
        steps += next.steps
    }

    /// Sets all to zero.
    public mutating func clear() {
        for rank in loadSeconds.indices {
            loadSeconds[rank] = 0
            computeSeconds[rank] = 0
        }
        steps = 0
    }
}
