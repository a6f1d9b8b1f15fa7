import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A 2-D convolution: parameters `weight` [outputs, inputs / groups, height, width] and `bias` [outputs].
///
/// Shapes: [N, H, W, inputChannels] to [N, H', W', outputChannels]; H' = (H + 2 padding - dilation (kernel -
/// 1) - 1) / stride + 1.
public struct Convolution2D {
    /// The kernels.
    public let weight: Parameter
    /// The bias of each output channel.
    public let bias: Parameter?
    /// The distance between windows.
    public let stride: Extent2D
    /// The zeros on each side.
    public let padding: Extent2D
    /// The distance between elements of a window.
    public let dilation: Extent2D
    /// The number of channel groups, which are convolved separately.
    public let groups: Int
    /// The activation applied to the result.
    public let activation: FusedActivation

    /// Registers the parameters.
    public init(
        _ scope: ParameterScope, inputChannels: Int, outputChannels: Int, kernelSize: Extent2D,
        stride: Extent2D = 1, padding: Extent2D = 0, dilation: Extent2D = 1, groups: Int = 1,
        bias: Bool = true,
        activation: FusedActivation = .none,
        initializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        contract(
            groups > 0 && inputChannels > 0 && outputChannels > 0 && inputChannels % groups == 0
                && outputChannels % groups == 0 && kernelSize.height > 0 && kernelSize.width > 0,
            "Convolution2D \(scope.path): \(inputChannels) to \(outputChannels) channels in \(groups) groups, kernel \(kernelSize)"
        )
        weight = scope.parameter(
            "weight",
            shape: Shape(outputChannels, inputChannels / groups, kernelSize.height, kernelSize.width),
            role: .weight, initializer: initializer)
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
        conv2d(
            x, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation,
            groups: groups,
            activation: activation)
    }
}
