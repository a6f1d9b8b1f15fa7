/// Flags of one shard or one rank that all ranks receive in a step; the flags of all shards are combined with
/// OR, so that every rank acts on them in the same step.
public struct StepFlags: OptionSet, BitwiseCopyable, Sendable, Hashable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// A signal asked this rank to stop.
    public static let stopRequested = StepFlags(rawValue: 1 << 0)
    /// The time limit has expired on this rank.
    public static let timeLimit = StepFlags(rawValue: 1 << 1)
    /// A shard's loss is infinite or not a number.
    public static let nonFiniteLoss = StepFlags(rawValue: 1 << 2)
    /// This rank failed outside of steps, for example in a checkpoint; it reports the error.
    public static let failed = StepFlags(rawValue: 1 << 3)
    /// A previous update has produced parameters that are infinite or NaN.
    public static let nonFiniteParameters = StepFlags(rawValue: 1 << 4)
    /// An observer on this rank requests to stop.
    public static let stopByProgram = StepFlags(rawValue: 1 << 5)
}
