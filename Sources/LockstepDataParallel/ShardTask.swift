import LockstepAutograd

/// One shard of one step: the inputs of its forward and backward pass, and the memory of their results.
public struct ShardTask {
    /// The shard.
    public let shard: Int
    /// The step, from 0.
    public let step: Int
    /// The phase of this step.
    public let phase: Int
    /// The version of the parameters.
    public let parameterVersion: UInt64
    /// The range of the flat buffer that the phase trains; its gradients must be overwritten.
    public let trained: Range<Int>
    /// The flat gradients of this shard, indexed like all parameters: only those of `trained` have memory.
    public let gradients: UnsafeMutablePointer<Float>
    /// The gradients of this shard with respect to sparse tables; nil if the phase trains none.
    public let sparseGradients: SparseGradients?
    /// The batch statistics of this shard, zeroed.
    public let statistics: UnsafeMutablePointer<Float>
    /// Waits for parameters before they are read, and before gradients are written; nil if all have arrived.
    public let gate: (any ParameterGate)?
    /// To be called during backward with each parameter when its gradient is final; nil if gradients are not
    /// sent before the end.
    public let whenReady: ((Parameter) -> Void)?

    /// Waits until all parameters have arrived and gradients may be written: for a pass without a tape.
    public func waitForParameters() throws { try gate?.waitForAll() }

    /// Starts a tape for this shard.
    public func begin(_ tape: Tape, seed: UInt64) {
        tape.begin(
            mode: .training, draws: StepDraws(seed: seed, step: UInt64(step), shard: UInt64(shard)),
            parameterVersion: parameterVersion, gradients: gradients, sparseGradients: sparseGradients,
            statistics: statistics,
            gate: gate, phase: phase)
    }

    /// Handles an empty shard instead of a pass: writes zero gradients, once that is allowed, and returns a
    /// record of zeros.
    public func empty() throws -> ShardRecord {
        try waitForParameters()
        clearGradients()
        return ShardRecord()
    }

    /// Writes zeros, the gradients of an empty shard.
    public func clearGradients() {
        (gradients + trained.lowerBound).update(repeating: 0, count: trained.count)
    }
}
