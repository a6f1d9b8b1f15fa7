import LockstepDataParallel
import LockstepDatasets

/// Callbacks for measurements and comparisons; training does not depend on them.
package struct TrainerObserver: Sendable {
    /// Called after every step with its number and the bytes that the memory pool holds.
    package var afterStep: (@Sendable (_ step: Int, _ poolBytes: Int) -> Void)?
    /// Called before every shard with the current parameters and the shard's samples. An error that
    /// it throws ends the run.
    package var beforeShard: (@Sendable (DataParallel, FieldTensors) throws -> Void)?
    /// Called on the loader's thread before it prepares a step's batch.
    package var beforeBatch: (@Sendable (_ step: Int) -> Void)?
    /// Called before this rank evaluates a block of a set.
    package var beforeEvaluationBlock: (@Sendable (_ block: Int) -> Void)?
    /// Called at the end with the test set.
    package var atEnd: (@Sendable (EvaluationSplit) -> Void)?

    /// Makes an observer; by default without callbacks.
    package init(
        afterStep: (@Sendable (Int, Int) -> Void)? = nil,
        beforeShard: (@Sendable (DataParallel, FieldTensors) throws -> Void)? = nil,
        beforeBatch: (@Sendable (Int) -> Void)? = nil,
        beforeEvaluationBlock: (@Sendable (Int) -> Void)? = nil,
        atEnd: (@Sendable (EvaluationSplit) -> Void)? = nil
    ) {
        self.beforeEvaluationBlock = beforeEvaluationBlock
        self.beforeBatch = beforeBatch
        self.afterStep = afterStep
        self.beforeShard = beforeShard
        self.atEnd = atEnd
    }
}
