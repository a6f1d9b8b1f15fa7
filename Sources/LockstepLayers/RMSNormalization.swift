import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Root mean square normalization over the last dimension: parameter `weight` [C], as PyTorch's `RMSNorm`.
///
/// Shapes: [..., C]. Source: Zhang, Sennrich 2019.
public struct RMSNormalization: Model {
    /// The scale, [C].
    public let weight: Parameter
    /// Added to the mean square to avoid division by zero. (PyTorch's default is 1.19e-7.)
    public let epsilon: Float

    /// Registers the parameter.
    public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-6) {
        contract(
            channels > 0 && epsilon >= 0,
            "RMSNormalization \(scope.path): \(channels) channels, epsilon \(epsilon)")
        weight = scope.parameter(
            "weight", shape: Shape(channels), role: .scale, initializer: Initializers.ones)
        self.epsilon = epsilon
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable { rmsNorm(x, scale: weight, epsilon: epsilon) }
}
