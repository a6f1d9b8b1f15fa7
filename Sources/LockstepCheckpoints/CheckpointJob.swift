/// A checkpoint that a `CheckpointWriter` is to write, and what then becomes of older ones.
///
/// `@unchecked Sendable`: from `submit` until the writer has done with it the tensors' memory is the writer's, and nobody changes it;
/// `memory` keeps it alive.
public struct CheckpointJob: @unchecked Sendable {
    /// The step after which the state was taken.
    public var step: Int
    /// Parameters and running statistics in registration order.
    public var model: [TensorSource]
    /// Moments, named `<moment>.<parameter>`.
    public var optimizer: [TensorSource]
    /// All else that has to survive.
    public var state: StateSections
    /// What wrote it, for the manifest.
    public var versions: [String: String]
    /// How many of the newest checkpoints stay when this one is complete; nil for all.
    public var keep: Int?
    /// Steps whose checkpoints stay in any case.
    public var protected: Set<Int>
    /// The step of the best evaluation; nil for none. The link `best` names it if it has a checkpoint.
    public var best: Int?
    /// Whoever owns the tensors' memory.
    public var memory: AnyObject?
    /// Called on the writer's thread before anything is written: brings to the disk what a reader of the checkpoint counts on.
    public var prepare: @Sendable () throws(CheckpointError) -> Void

    /// A checkpoint that stands alone; all else can be set.
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
