import LockstepTensors

/// The samples of one step that belong to this rank, one part for each of its shards.
public struct StepBatch {
    /// The step, from 0.
    public let step: Int
    /// The epoch, from 0.
    public let epoch: Int
    /// The number of samples of the step over all ranks.
    public let sampleCount: Int
    let slot: Int
    let loader: Loader

    /// A shard of this rank, which may have no samples.
    ///
    /// Valid until the batch is released; costs no allocation.
    public func shard(_ shard: Int) -> FieldTensors { loader.shard(shard, of: self) }
}
