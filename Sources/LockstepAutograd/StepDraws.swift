import LockstepTensors

/// The seed, step and shard of a forward pass's random draws.
public struct StepDraws: Sendable, Hashable {
    /// The seed of the experiment.
    public let seed: UInt64
    /// The step, counted from 0.
    public let step: UInt64
    /// The shard; draws never depend on the rank.
    public let shard: UInt64

    /// Draws for one shard of one step.
    public init(seed: UInt64, step: UInt64, shard: UInt64) {
        self.seed = seed
        self.step = step
        self.shard = shard
    }

    /// The key of a layer's draws; elements are counted within the shard.
    public func key(_ purpose: RandomPurpose, layer: UInt64) -> RandomKey {
        RandomKey(seed: seed, purpose: purpose, layer: layer, major: step, minor: shard)
    }
}
