/// What each rank did before it waited for the others, summed over steps: waits for other ranks are in neither time.
public struct RankTimes: Sendable, Hashable {
    /// Waiting for the rank's own loader, in seconds. Shape: [ranks].
    public private(set) var loadSeconds: [Double]
    /// Forward and backward of the rank's shards, in seconds. Shape: [ranks].
    public private(set) var computeSeconds: [Double]
    /// The number of steps.
    public private(set) var steps = 0

    /// Nothing yet. All memory is taken here.
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
