import LockstepConfiguration

/// When checkpoints are written, and which are kept. One is always written at the end of a run.
public struct CheckpointConfiguration: Codable, Sendable, Equatable {
    /// At the end of every this many epochs; nil for not.
    public var everyEpochs: Int?
    /// After every this many steps; nil for not.
    public var everySteps: Int?
    /// The number of newest checkpoints that are kept; nil keeps all.
    public var keep: Int?
    /// Whether the checkpoint with the best watched metric is kept besides.
    public var keepBest: Bool

    /// Makes a configuration.
    public init(everyEpochs: Int? = 1, everySteps: Int? = nil, keep: Int? = 3, keepBest: Bool = false) {
        self.everyEpochs = everyEpochs
        self.everySteps = everySteps
        self.keep = keep
        self.keepBest = keepBest
    }

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let interval = try StepInterval.read(section, value.map { ($0.everyEpochs, $0.everySteps) })
        let usual = value ?? Self()
        return Self(
            everyEpochs: interval.epochs, everySteps: interval.steps,
            keep: try section.optionalInteger(
                "keep", "newest checkpoints that are kept; none keeps all", default: usual.keep, .rounds),
            keepBest: try section.boolean(
                "keep_best", "keep the checkpoint with the best validation metric, too",
                default: usual.keepBest))
    }
}
