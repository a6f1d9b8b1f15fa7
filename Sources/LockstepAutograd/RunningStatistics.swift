import LockstepContracts
import LockstepTensors

/// The running mean and variance of a batch normalization, and the sums that update them.
///
/// A shard adds, per channel, n x mean and n x variance (unbiased), and n itself, to the statistics that
/// follow the gradients; the reduction tree sums them like gradients. Once per step the sums give one
/// momentum update, equal on every host. n is the number of values per channel: samples x pixels.
public final class RunningStatistics {
    /// The path of the layer; the tensors are `<path>.running_mean`, `.running_var`, `.num_batches_tracked`.
    public let path: String
    /// The number of channels C.
    public let channels: Int
    /// The weight of the new value in an update, as in PyTorch.
    public let momentum: Float
    /// The offset of the step's sums in the statistics, in floats: [C] n x mean, [C] n x variance, [1] n.
    public internal(set) var statisticsOffset = 0

    var memory: UnsafeMutablePointer<Float>?
    var counter: UnsafeMutablePointer<Int64>?

    init(path: String, channels: Int, momentum: Float) {
        self.path = path
        self.channels = channels
        self.momentum = momentum
    }

    /// The number of floats of one step's sums.
    public var statisticsCount: Int { 2 * channels + 1 }

    /// The running mean, [C].
    public var mean: UnsafeMutablePointer<Float> { bound() }

    /// The running variance (unbiased), [C].
    public var variance: UnsafeMutablePointer<Float> { bound() + channels }

    /// The number of updates so far.
    public var batchesTracked: UnsafeMutablePointer<Int64> {
        guard let counter else { brokenContract("RunningStatistics \(path): no memory yet") }
        return counter
    }

    /// Makes one momentum update from the sums over all shards of a step. Does nothing when n is 0.
    /// - Parameter sums: the step's statistics; this layer's lie at `statisticsOffset`.
    public func update(from sums: UnsafePointer<Float>) {
        let mine = sums + statisticsOffset
        let count = mine[2 * channels]
        guard count > 0 else { return }
        let (mean, variance) = (mean, variance)
        for channel in 0..<channels {
            mean[channel] = moved(mean[channel], to: mine[channel] / count)
            variance[channel] = moved(variance[channel], to: mine[channels + channel] / count)
        }
        batchesTracked.pointee += 1
    }

    /// Moves from `old` towards `new` by the fraction `momentum`, computed from the nearer end: otherwise the
    /// rounding error of a large old value would remain.
    private func moved(_ old: Float, to new: Float) -> Float {
        momentum < 0.5 ? old + momentum * (new - old) : new - (1 - momentum) * (new - old)
    }

    func reset() {
        mean.update(repeating: 0, count: channels)
        variance.update(repeating: 1, count: channels)
        batchesTracked.pointee = 0
    }

    private func bound() -> UnsafeMutablePointer<Float> {
        guard let memory else { brokenContract("RunningStatistics \(path): no memory yet") }
        return memory
    }
}
