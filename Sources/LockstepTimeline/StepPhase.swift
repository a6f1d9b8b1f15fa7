/// What the time of a thread goes to in a training step.
public enum StepPhase: UInt8, CaseIterable, Sendable {
    /// Everything that is none of the others: bookkeeping, logging.
    case other
    /// Waiting for the loader, and giving it the memory back; on the loader's own thread: preparing a batch.
    case load
    /// Forward, with the loss and the sums of the metrics.
    case forward
    /// Backward.
    case backward
    /// Additions of gradients: those of the rank's own shards, and the tree for its own slice with its squares.
    case reduce
    /// Waiting for other ranks: barriers, and messages between hosts.
    case wait
    /// The gradient's norm, clipping and the optimizer's update of the rank's own slice.
    case update

    /// The name in tables, JSON and traces.
    public var name: String { "\(self)" }
}
