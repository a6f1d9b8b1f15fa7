import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A fully connected layer: y = activation(x W^T + b). Parameters `weight` [outputs, inputs] and `bias`
/// [outputs].
///
/// Shapes: [N, inputs], [N, L, inputs], or images [N, H, W, C] with inputs = C x H x W, read in PyTorch's
/// order (C, H, W) without a copy.
public struct Linear {
    /// W, [outputs, inputs].
    public let weight: Parameter
    /// b, [outputs].
    public let bias: Parameter?
    /// The activation applied to the result.
    public let activation: FusedActivation

    /// Registers the parameters.
    public init(
        _ scope: ParameterScope, inputs: Int, outputs: Int, bias: Bool = true,
        activation: FusedActivation = .none,
        initializer: @escaping ParameterInitializer = Initializers.fanInUniform,
        biasInitializer: @escaping ParameterInitializer = Initializers.zeros
    ) {
        contract(inputs > 0 && outputs > 0, "Linear \(scope.path): \(inputs) inputs, \(outputs) outputs")
        weight = scope.parameter(
            "weight", shape: Shape(outputs, inputs), role: .weight, initializer: initializer)
        self.bias =
            bias
            ? scope.parameter("bias", shape: Shape(outputs), role: .bias, initializer: biasInitializer) : nil
        self.activation = activation
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        linear(x, weight: weight, bias: bias, activation: activation)
    }
}
