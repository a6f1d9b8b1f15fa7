import LockstepTensors

/// The samples of one step that belong to this rank: one part for each of its shards.
public struct StepBatch {
    /// The step, from 0.
    public let step: Int
    /// The epoch, from 0.
    public let epoch: Int
    /// The number of samples of the step over all ranks.
    public let sampleCount: Int
    let slot: Int
    let loader: Loader

    /// A shard of this rank: inputs [n, sample shape...], targets [n] (int32) or [n, width] (float32); of a text
    /// both int32 [n, context].
    ///
    /// Valid until the batch is released; costs no allocation.
    public func shard(_ shard: Int) -> (inputs: Tensor, targets: Tensor) { loader.shard(shard, of: self) }
}
