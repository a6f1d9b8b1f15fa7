import LockstepConfiguration

/// When checkpoints are written, and which are kept. One is always written at the end of a run.
public struct CheckpointConfiguration: Configurable, Equatable {
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

    public init() { self.init(everyEpochs: 1) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .everySteps(\.everySteps), .everyEpochs(\.everyEpochs) { $0.everySteps },
            .optionalInteger("keep", \.keep, .rounds, "newest checkpoints that are kept; none keeps all"),
            .flag("keep_best", \.keepBest, "keep the checkpoint with the best validation metric, too"))
    }
}
