import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Layer normalization over the last dimension: parameters `weight` and `bias` [C].
///
/// Shapes: [..., C]. Source: Ba, Kiros, Hinton 2016.
public struct LayerNormalization {
    /// The scale, [C].
    public let weight: Parameter
    /// The shift, [C].
    public let bias: Parameter
    /// Added to the variance to avoid division by zero.
    public let epsilon: Float

    /// Registers the parameters.
    public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-5) {
        contract(channels > 0, "LayerNormalization \(scope.path): \(channels) channels")
        weight = scope.parameter(
            "weight", shape: Shape(channels), role: .scale, initializer: Initializers.ones)
        bias = scope.parameter("bias", shape: Shape(channels), role: .shift, initializer: Initializers.zeros)
        self.epsilon = epsilon
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        layerNorm(x, scale: weight, shift: bias, epsilon: epsilon)
    }
}
