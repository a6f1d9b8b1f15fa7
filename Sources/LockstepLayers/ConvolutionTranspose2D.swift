import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A transposed 2-D convolution, which enlarges images: parameters `weight` [inputs, outputs / groups,
/// height, width] and `bias` [outputs], as in PyTorch's `ConvTranspose2d`.
///
/// Shapes: [N, H, W, inputChannels] to [N, H', W', outputChannels];
/// H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1.
public struct ConvolutionTranspose2D: Model {
    /// The kernels.
    public let weight: Parameter
    /// The bias of each output channel.
    public let bias: Parameter?
    /// The distance in the output between adjacent input pixels.
    public let stride: Extent2D
    /// The rows and columns that are removed on each side.
    public let padding: Extent2D
    /// Additional rows and columns at the lower and right border, fewer than the stride.
    public let outputPadding: Extent2D
    /// The distance between elements of a window.
    public let dilation: Extent2D
    /// The number of channel groups, which are convolved separately.
    public let groups: Int

    /// Registers the parameters. Traps unless the groups divide both numbers of channels.
    public init(
        _ scope: ParameterScope, inputChannels: Int, outputChannels: Int, kernelSize: Extent2D,
        stride: Extent2D = 1, padding: Extent2D = 0, outputPadding: Extent2D = 0, dilation: Extent2D = 1,
        groups: Int = 1, bias: Bool = true,
        initializer: @escaping ParameterInitializer = Initializers.fanInUniform
    ) {
        contract(
            groups > 0 && inputChannels > 0 && outputChannels > 0 && inputChannels % groups == 0
                && outputChannels % groups == 0 && kernelSize.height > 0 && kernelSize.width > 0,
            """
            ConvolutionTranspose2D \(scope.path): \(inputChannels) to \(outputChannels) channels in \(groups) groups, \
            kernel \(kernelSize)
            """
        )
        weight = scope.parameter(
            "weight",
            shape: Shape(inputChannels, outputChannels / groups, kernelSize.height, kernelSize.width),
            role: .weight, initializer: initializer)
        self.bias =
            bias
            ? scope.parameter(
                "bias", shape: Shape(outputChannels), role: .bias, initializer: Initializers.zeros) : nil
        self.stride = stride
        self.padding = padding
        self.outputPadding = outputPadding
        self.dilation = dilation
        self.groups = groups
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        convTranspose2d(
            x, weight: weight, bias: bias, stride: stride, padding: padding, outputPadding: outputPadding,
            dilation: dilation, groups: groups)
    }
}
