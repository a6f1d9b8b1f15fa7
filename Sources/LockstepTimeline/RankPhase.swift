/// What a rank is doing, as its heartbeat says: the phases of a step, and what there is besides steps.
public enum RankPhase: UInt8, CaseIterable, Sendable {
    /// None of the others: bookkeeping, logging.
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

    /// The phase of a step as a rank's phase: they have the same numbers.
    public init(_ phase: StepPhase) { self = RankPhase(rawValue: phase.rawValue) ?? .idle }

    /// The name in reports and JSON.
    public var name: String { "\(self)" }
}
