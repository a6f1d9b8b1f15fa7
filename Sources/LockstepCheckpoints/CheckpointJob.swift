/// A checkpoint for a `CheckpointWriter`, and the retention of older ones.
///
/// `@unchecked Sendable`: from `submit` until the checkpoint is written, the writer owns the tensors' memory, and nothing else changes
/// it; `memory` keeps it alive.
public struct CheckpointJob: @unchecked Sendable {
    /// The step after which the state was taken.
    public var step: Int
    /// Parameters and running statistics in registration order.
    public var model: [TensorSource]
    /// Moments, named `<moment>.<parameter>`.
    public var optimizer: [TensorSource]
    /// All other state.
    public var state: StateSections
    /// The versions of the program and its libraries, for the manifest.
    public var versions: [String: String]
    /// The number of newest checkpoints to keep after this one is complete; nil for all.
    public var keep: Int?
    /// The steps whose checkpoints are always kept.
    public var protected: Set<Int>
    /// The step of the best evaluation; nil for none. The link `best` names it if it has a checkpoint.
    public var best: Int?
    /// The owner of the tensors' memory.
    public var memory: AnyObject?
    /// Called on the writer's thread before anything is written; syncs files on which readers of the checkpoint rely.
    public var prepare: @Sendable () throws(CheckpointError) -> Void

    /// Makes a job with default retention; the other properties can be set.
    public init(
        step: Int, model: [TensorSource], optimizer: [TensorSource], state: StateSections,
        versions: [String: String], memory: AnyObject? = nil
    ) {
        self.step = step
        self.model = model
        self.optimizer = optimizer
        self.state = state
        self.versions = versions
        self.memory = memory
        keep = nil
        protected = []
        prepare = {}
    }
}
