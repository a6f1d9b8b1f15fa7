import LockstepConfiguration
import LockstepOptimizers

/// The settings in which a phase of a task differs from the run.
public struct PhaseConfiguration: Sendable {
    /// The name of the phase.
    public var name: String
    /// The number of steps before the next phase's turn; nil for the task's default.
    public var steps: Int?
    /// The optimizer; nil for that of the run.
    public var optimizer: (any OptimizerComponent)?
    /// The learning-rate schedule; nil for that of the run.
    public var schedule: (any ScheduleComponent)?
    /// The gradient clipping; nil for that of the run.
    public var clip: GradientClipping?

    /// A configuration.
    public init(
        name: String, steps: Int? = nil, optimizer: (any OptimizerComponent)? = nil,
        schedule: (any ScheduleComponent)? = nil, clip: GradientClipping? = nil
    ) {
        self.name = name
        self.steps = steps
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip = clip
    }

    /// The keys, with the components of a registry.
    static func keys(_ registry: Registry) -> KeyTable<Self> {
        KeyTable(
            defaults: Self(name: ""),
            .text("name", \.name, what: "the name of a phase", "phase of the task", default: .required),
            .optionalInteger(
                "steps", \.steps, .rounds, "steps before the next phase's turn; auto: what the task says",
                absent: "auto"),
            .optionalComponent(
                "optimizer", \.optimizer,
                of: registry.optimizers, "optimizer; auto: that of the run", absent: "auto"),
            .optionalComponent(
                "schedule", \.schedule, of: registry.schedules,
                "learning-rate schedule; auto: that of the run",
                absent: "auto"),
            .optionalChoice(
                "clip", \.clip, "bound on the averaged gradient; auto: that of the run", absent: "auto"))
    }
}
