/// A gradient as optimizers use it: averaged, clipped and regularized.
///
/// g = clip(sum x scale) + l2 p + l1 sign(p), all in float32. An optimizer makes it once per `apply` and calls it for each element:
/// ```swift
/// let gradient = step.gradient(of: group)
/// for i in range { parameters[i] -= rate * gradient(buffers.gradients[i], parameter: parameters[i]) }
/// ```
public struct PreparedGradient: Sendable {
    @usableFromInline let scale: Float
    @usableFromInline let clipCoefficient: Float
    @usableFromInline let clipValue: Float
    @usableFromInline let l1: Float
    @usableFromInline let l2: Float

    init(_ step: UpdateStep, _ group: ParameterGroup, coupledWeightDecay: Double) {
        scale = Float(step.gradientScale)
        clipCoefficient = Float(step.clipCoefficient)
        clipValue = Float(step.clipValue)
        l1 = Float(step.l1 * group.weightDecayFactor)
        l2 = Float((step.l2 + coupledWeightDecay) * group.weightDecayFactor)
    }

    /// The gradient of one element.
    /// - Parameters:
    ///   - sum: the sum over all shards, from `FlatBuffers.gradients`.
    ///   - parameter: the element's value before the update.
    @inlinable
    public func callAsFunction(_ sum: Float, parameter: Float) -> Float {
        let average = sum * scale * clipCoefficient
        let clipped = average > clipValue ? clipValue : average < -clipValue ? -clipValue : average
        let sign: Float = parameter > 0 ? 1 : parameter < 0 ? -1 : 0
        return clipped + (l2 * parameter + l1 * sign)
    }
}

extension UpdateStep {
    /// How gradients of a group are prepared in this step.
    /// - Parameter coupledWeightDecay: the optimizer's `coupledWeightDecay`.
    public func gradient(of group: ParameterGroup, coupledWeightDecay: Double = 0) -> PreparedGradient {
        PreparedGradient(self, group, coupledWeightDecay: coupledWeightDecay)
    }
}
