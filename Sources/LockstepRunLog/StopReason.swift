/// Why a run ended; its raw value is `stopped_because` in `summary.json`.
public enum StopReason: String, Sendable, Codable, CaseIterable {
    /// All epochs are done.
    case epochs
    /// All steps are done.
    case maxSteps = "max_steps"
    /// The watched metric did not improve within its patience.
    case earlyStopping = "early_stopping"
    /// The time limit is reached.
    case timeLimit = "time_limit"
    /// The step given with `--stop-after-step` is done.
    case stopAfterStep = "stop_after_step"
    /// A signal asked to stop.
    case signal
    /// The program asked to stop: an observer.
    case program
    /// The loss, the gradient or a parameter became infinite or not a number.
    case nonFinite = "non_finite"

    /// The reason as text, for the table at the end of a run.
    public var words: String {
        switch self {
        case .epochs: "all epochs are done"
        case .maxSteps: "max_steps is reached"
        case .earlyStopping: "early stopping: the watched metric no longer improved"
        case .timeLimit: "the time limit is over"
        case .stopAfterStep: "--stop-after-step is reached"
        case .signal: "a signal asked to stop"
        case .program: "the program asked to stop"
        case .nonFinite: "the loss, the gradient or a parameter became infinite or not a number"
        }
    }
}
