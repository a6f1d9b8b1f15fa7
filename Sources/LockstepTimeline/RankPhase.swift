/// The phase of a rank in its heartbeat: the phases of a step, and those outside steps.
public enum RankPhase: UInt8, CaseIterable, Sendable {
    /// Everything else: bookkeeping, logging.
    case idle
    case load
    case forward
    case backward
    case reduce
    case wait
    case update
    /// Evaluating a set.
    case evaluate
    /// Copying or writing a checkpoint, or reading one.
    case checkpoint
    /// Reading the data and building the model, before the first step.
    case prepare

    /// Converts a step's phase; both enums use the same raw values.
    public init(_ phase: StepPhase) { self = RankPhase(rawValue: phase.rawValue) ?? .idle }

    /// The name in reports and JSON.
    public var name: String { "\(self)" }
}
