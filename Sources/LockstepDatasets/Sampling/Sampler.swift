import LockstepContracts
import LockstepTensors

/// The position of a run in its data, as saved in checkpoints. It does not depend on ranks.
public struct SamplerState: Codable, Sendable, Hashable {
    /// The steps done.
    public var step: Int
    /// The epoch of the next step, from 0.
    public var epoch: Int
    /// The number of samples of that epoch that have been used.
    public var position: Int

    /// Makes a position.
    public init(step: Int, epoch: Int, position: Int) {
        self.step = step
        self.epoch = epoch
        self.position = position
    }
}

/// The order in which samples are used: the same on all ranks, reshuffled in every epoch.
///
/// Every draw is keyed by seed and epoch, so a step's samples follow from its number alone.
public struct Sampler: Sendable {
    /// The number of training samples.
    public let count: Int
    /// The number of samples in a step; the last step of an epoch may have fewer.
    public let batch: Int
    /// The seed of the experiment.
    public let seed: UInt64

    /// Makes a sampler of `count` samples.
    public init(count: Int, batch: Int, seed: UInt64) {
        contract(
            count > 0 && count <= Int32.max && batch > 0, "Sampler: \(count) samples, batches of \(batch)")
        self.count = count
        self.batch = batch
        self.seed = seed
    }

    /// The number of steps in an epoch; the last one may be smaller.
    public var stepsPerEpoch: Int { (count + batch - 1) / batch }

    /// The epoch of a step, from 0.
    public func epoch(ofStep step: Int) -> Int { step / stepsPerEpoch }

    /// The positions in the epoch's order that a step uses.
    public func positions(ofStep step: Int) -> Range<Int> {
        let first = step % stepsPerEpoch * batch
        return first..<min(count, first + batch)
    }

    /// The positions of a shard in a step of `samples`: [shard x samples / shards, (shard + 1) x samples / shards).
    ///
    /// - Parameter smallest: the minimum number of samples in a shard. A step with fewer samples per
    ///   shard is cut into the largest number of parts with enough samples; these are spread over the shards, and the other
    ///   shards are empty.
    public static func positions(
        ofShard shard: Int, of shards: Int, samples: Int, smallest: Int = 1
    ) -> Range<Int> {
        guard samples < smallest * shards, smallest > 1 else {
            return shard * samples / shards..<(shard + 1) * samples / shards
        }
        let parts = max(1, samples / smallest)
        let (first, end) = (shard * parts / shards, (shard + 1) * parts / shards)
        return first * samples / parts..<end * samples / parts
    }

    /// The numbers of samples per step, in descending order: one or two values.
    public var stepSizes: [Int] {
        let full = min(batch, count)
        return count % full == 0 ? [full] : [full, count % full]
    }

    /// The state after a number of steps.
    public func state(afterStep step: Int) -> SamplerState {
        SamplerState(step: step, epoch: epoch(ofStep: step), position: step % stepsPerEpoch * batch)
    }

    /// Writes the order of an epoch: a permutation of 0 ..< count (Fisher and Yates). Complexity: O(count).
    public func fillOrder(ofEpoch epoch: Int, _ order: UnsafeMutableBufferPointer<Int32>) {
        Self.shuffle(order, RandomKey(seed: seed, purpose: .shuffle, major: UInt64(epoch)))
    }

    static func shuffle(_ order: UnsafeMutableBufferPointer<Int32>, _ key: RandomKey) {
        for index in order.indices { order[index] = Int32(index) }
        for index in stride(from: order.count - 1, to: 0, by: -1) {
            let other = Int(key.index(UInt64(index), below: UInt64(index + 1)))
            order.swapAt(index, other)
        }
    }
}
