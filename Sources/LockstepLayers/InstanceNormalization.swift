import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Instance normalization of each channel of each sample: parameters `weight` and `bias` [C] with `isAffine`,
/// off by default as in PyTorch's `InstanceNorm2d`. There are no running statistics.
///
/// Shapes: [N, ..., C] with channels last. Source: Ulyanov, Vedaldi, Lempitsky 2016.
public struct InstanceNormalization: Model {
    /// The scale, [C]; nil without `isAffine`.
    public let weight: Parameter?
    /// The shift, [C]; nil without `isAffine`.
    public let bias: Parameter?
    /// Added to the variance to avoid division by zero.
    public let epsilon: Float

    /// Registers the parameters, if there are any.
    public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-5, isAffine: Bool = false) {
        contract(
            channels > 0 && epsilon >= 0,
            "InstanceNormalization \(scope.path): \(channels) channels, epsilon \(epsilon)")
        weight =
            isAffine
            ? scope.parameter("weight", shape: Shape(channels), role: .scale, initializer: Initializers.ones)
            : nil
        bias =
            isAffine
            ? scope.parameter("bias", shape: Shape(channels), role: .shift, initializer: Initializers.zeros)
            : nil
        self.epsilon = epsilon
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        guard let weight, let bias else { return instanceNorm(x, epsilon: epsilon) }
        return instanceNorm(x, scale: weight, shift: bias, epsilon: epsilon)
    }
}
