/// The result of a step, with the same bits on every rank.
public struct StepOutcome: Sendable, Hashable {
    /// The average loss: the sum over all samples divided by the sum of their weights.
    public var loss: Double
    /// The sum of the losses.
    public var lossSum: Double
    /// The sum of the weights.
    public var weight: Double
    /// The sums of the further metrics.
    public var metricSums: SIMD4<Double>
    /// The number of samples.
    public var samples: Int
    /// The Euclidean norm of the averaged gradient before clipping; an estimate if hosts send only a fraction
    /// of their gradients: the norm of the sent ones, times the square root of the fraction.
    public var gradientNorm: Double
    /// The flags of all shards.
    public var flags: StepFlags
    /// Whether the parameters were updated; false if the loss, the gradient or the parameters were infinite
    /// or NaN.
    public var isApplied: Bool
}
