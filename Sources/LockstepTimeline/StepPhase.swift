/// The phases of a training step, by which a thread's time is measured.
public enum StepPhase: UInt8, CaseIterable, Sendable {
    /// Everything else: bookkeeping, logging.
    case other
    /// Waiting for the loader and returning its memory; on the loader's thread, preparing a batch.
    case load
    /// The forward pass, with the loss and the sums of the metrics.
    case forward
    /// The backward pass.
    case backward
    /// Adding gradients: those of the rank's shards, then the reduction tree for its slice, with the sum of
    /// squares.
    case reduce
    /// Waiting for other ranks: barriers, and messages between hosts.
    case wait
    /// The gradient norm, clipping, and the optimizer's update of the rank's slice.
    case update

    /// The name in tables, JSON and traces.
    public var name: String { "\(self)" }
}
