import LockstepTensors

/// The keys of the random draws for one sample: they depend on seed, epoch and sample, never on rank, shard or thread.
public struct SampleDraws: Sendable {
    /// The seed of the experiment.
    public let seed: UInt64
    /// The epoch, from 0.
    public let epoch: Int

    /// Draws of an epoch.
    public init(seed: UInt64, epoch: Int) {
        self.seed = seed
        self.epoch = epoch
    }

    /// The key for a purpose.
    /// - Parameters:
    ///   - layer: distinguishes several draws for a sample, such as the augmentations of an image.
    ///   - sample: the number of the sample.
    public func key(layer: Int = 0, sample: Int) -> RandomKey {
        RandomKey(
            seed: seed, purpose: .augmentation, layer: UInt64(layer), major: UInt64(epoch),
            minor: UInt64(sample))
    }
}
