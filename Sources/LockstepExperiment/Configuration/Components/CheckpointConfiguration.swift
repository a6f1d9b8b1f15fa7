import LockstepConfiguration

/// When checkpoints are written, and how many are kept. One is always written at the end of a run.
public struct CheckpointConfiguration: Configurable, Equatable {
    /// The interval in epochs; nil for none.
    public var everyEpochs: Int?
    /// The interval in steps; nil for none.
    public var everySteps: Int?
    /// The number of newest checkpoints to keep; nil keeps all.
    public var keep: Int?
    /// Whether to also keep the checkpoint with the best watched metric.
    public var keepBest: Bool

    /// Makes a configuration.
    public init(everyEpochs: Int? = 1, everySteps: Int? = nil, keep: Int? = 3, keepBest: Bool = false) {
        self.everyEpochs = everyEpochs
        self.everySteps = everySteps
        self.keep = keep
        self.keepBest = keepBest
    }

    public init() { self.init(everyEpochs: 1) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .everySteps(\.everySteps), .everyEpochs(\.everyEpochs) { $0.everySteps },
            .optionalInteger("keep", \.keep, .rounds, "newest checkpoints to keep; none keeps all"),
            .flag("keep_best", \.keepBest, "keep the checkpoint with the best validation metric, too"))
    }
}
