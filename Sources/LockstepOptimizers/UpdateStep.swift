import CKernels

/// What an update depends on besides the buffers.
public struct UpdateStep: Sendable, Hashable {
    /// The number of this update, from 1.
    public var number: Int
    /// The learning rate of this step.
    public var learningRate: Double
    /// The factor that turns the summed gradients into their average: one over the sum of the weights.
    public var gradientScale: Double
    /// The factor of clipping by norm; 1 without.
    public var clipCoefficient: Double
    /// The largest absolute value of an averaged gradient; infinite without clipping by value.
    public var clipValue: Double
    /// The factor of the sign of a parameter that is added to its gradient, after clipping.
    public var l1: Double
    /// The factor of a parameter that is added to its gradient, after clipping.
    public var l2: Double
    /// The share of the old average that is kept in an update.
    public var averageDecay = 0.0
    /// The norms of the parameter that is updated; for `LayerwiseOptimizer` alone, nil for others.
    public package(set) var layer: LayerNorms?
    /// The part of a gradient's square that counts for averages and sums of squares; for `SquareWeighingOptimizer` alone.
    package internal(set) var squareShare = 1.0

    /// A step; by default nothing is clipped or regularised.
    public init(
        number: Int, learningRate: Double, gradientScale: Double = 1, clipCoefficient: Double = 1,
        clipValue: Double = .infinity, l1: Double = 0, l2: Double = 0
    ) {
        self.number = number
        self.learningRate = learningRate
        self.gradientScale = gradientScale
        self.clipCoefficient = clipCoefficient
        self.clipValue = clipValue
        self.l1 = l1
        self.l2 = l2
    }

    func kernelArguments(_ group: ParameterGroup, coupledWeightDecay: Double) -> lockstep_update {
        lockstep_update(
            scale: Float(gradientScale), clip_coefficient: Float(clipCoefficient),
            clip_value: Float(clipValue),
            l1: Float(l1 * group.weightDecayFactor),
            l2: Float((l2 + coupledWeightDecay) * group.weightDecayFactor),
            learning_rate: Float(learningRate * group.learningRateFactor))
    }
}
