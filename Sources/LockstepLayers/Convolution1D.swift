import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A convolution along sequences: parameters `weight` [outputs, inputs / groups, size] and `bias` [outputs],
/// as in PyTorch's `Conv1d`.
///
/// Shapes: [N, L, inputChannels] to [N, L', outputChannels]; L' = (L + 2 padding - dilation (kernel - 1) - 1)
/// / stride + 1.
public struct Convolution1D: Model {
    /// The kernels.
    public let weight: Parameter
    /// The bias of each output channel.
    public let bias: Parameter?
    /// The distance between windows.
    public let stride: Int
    /// The zeros on each side.
    public let padding: Int
    /// The distance between elements of a window.
    public let dilation: Int
    /// The number of channel groups, which are convolved separately.
    public let groups: Int
    /// The activation applied to the result.
    public let activation: FusedActivation

    /// Registers the parameters. Traps unless the groups divide both numbers of channels.
    public init(
        _ scope: ParameterScope, inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1,
        padding: Int = 0, dilation: Int = 1, groups: Int = 1, bias: Bool = true,
        activation: FusedActivation = .none,
        initializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        contract(
            groups > 0 && inputChannels > 0 && outputChannels > 0 && inputChannels % groups == 0
                && outputChannels % groups == 0 && kernelSize > 0,
            "Convolution1D \(scope.path): \(inputChannels) to \(outputChannels) channels in \(groups) groups, kernel \(kernelSize)"
        )
        weight = scope.parameter(
            "weight", shape: Shape(outputChannels, inputChannels / groups, kernelSize), role: .weight,
            initializer: initializer)
        self.bias =
            bias
            ? scope.parameter(
                "bias", shape: Shape(outputChannels), role: .bias, initializer: Initializers.zeros) : nil
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
        self.activation = activation
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        conv1d(
            x, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
            groups: groups,
            activation: activation)
    }
}
