import LockstepAutograd

/// One shard of one step: what its forward and backward need to know, and where their results go.
public struct ShardTask {
    /// The shard.
    public let shard: Int
    /// The step, from 0.
    public let step: Int
    /// The phase of this step.
    public let phase: Int
    /// The version of the parameters.
    public let parameterVersion: UInt64
    /// The part of the flat buffer that the phase trains: its gradients must be overwritten.
    public let trained: Range<Int>
    /// The flat gradients of this shard, addressed as if for all parameters: only those of `trained` have memory.
    public let gradients: UnsafeMutablePointer<Float>
    /// The batch statistics of this shard, zeroed.
    public let statistics: UnsafeMutablePointer<Float>
    /// Whom to ask before a parameter is read, and before gradients are written; nil where all may be.
    public let gate: (any ParameterGate)?
    /// To be called with each parameter when its gradient is final, from backward; nil where nobody waits for it.
    public let whenReady: ((Parameter) -> Void)?

    /// Waits until all parameters have their values, and gradients may be written: for those who do either without a tape.
    public func waitForParameters() throws { try gate?.waitForAll() }

    /// Starts a tape for this shard.
    public func begin(_ tape: Tape, seed: UInt64) {
        tape.begin(
            mode: .training, draws: StepDraws(seed: seed, step: UInt64(step), shard: UInt64(shard)),
            parameterVersion: parameterVersion, gradients: gradients, statistics: statistics,
            gate: gate, phase: phase)
    }

    /// Writes zeros, the gradients of an empty shard.
    public func clearGradients() {
        (gradients + trained.lowerBound).update(repeating: 0, count: trained.count)
    }
}
