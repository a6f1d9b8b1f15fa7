import LockstepAutograd
import LockstepContracts
import LockstepTensors

// Sequences are images of height 1: x [N, L, C] is [N, 1, L, C], and a kernel [O, C, K] is [O, C, 1, K],
// without copies.

/// y = activation(x * W + b): a convolution along a sequence (cross-correlation, as in PyTorch) with zero
/// padding on both sides.
///
/// Shapes: x [N, L, C] with channels last, W [O, C / groups, K] as in PyTorch, b [O]; y [N, YL, O] with
/// YL = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1.
public func conv1d(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1,
    groups: Int = 1, activation: FusedActivation = .none
) -> Variable {
    conv1d(
        x, kernel: x.tape.variable(weight, shape: weight.shape.kernelOfHeight1(" in \(weight.layer)")),
        bias: bias.map { x.tape.variable($0) }, stride: stride, padding: padding, dilation: dilation,
        groups: groups, activation: activation)
}

/// `conv1d` with weights that are not parameters; float32.
public func conv1d(
    _ x: Variable, weight: Variable, bias: Variable? = nil, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1,
    groups: Int = 1, activation: FusedActivation = .none
) -> Variable {
    conv1d(
        x, kernel: reshape(weight, to: weight.shape.kernelOfHeight1(Variable.place(weight, x))), bias: bias,
        stride: stride,
        padding: padding, dilation: dilation, groups: groups, activation: activation)
}

private func conv1d(
    _ x: Variable, kernel: Variable, bias: Variable?, stride: Int, padding: Int, dilation: Int, groups: Int,
    activation: FusedActivation
) -> Variable {
    let (xs, ws) = (x.shape, kernel.shape)
    guard xs.rank == 3, groups >= 1, ws[0] % groups == 0, ws[1] * groups == xs[2],
        bias.map({ $0.shape == Shape(ws[0]) }) ?? true
    else {
        let biasText = bias.map { ", bias \($0.shape)" } ?? ""
        brokenContract(
            """
            conv1d\(Variable.place(kernel, x)): x \(xs) [N, L, C] does not fit weight \
            \(Shape(ws[0], ws[1], ws[3])) [O, C / groups, K]\(biasText), groups \(groups)
            """)
    }
    Window2D(
        kernel: .alongWidth(ws[3]), stride: .alongWidth(stride), padding: .alongWidth(padding, 0),
        dilation: .alongWidth(dilation)
    ).requireAlongSequence(x, "conv1d", Variable.place(kernel, x))
    return alongSequence(x) {
        conv2d(
            $0, weight: kernel, bias: bias, stride: .alongWidth(stride), padding: .alongWidth(padding, 0),
            dilation: .alongWidth(dilation), groups: groups, activation: activation)
    }
}

/// y = the maximum of each window of a sequence; padding counts as minus infinity. The default stride is the
/// kernel size.
///
/// Shapes: x [N, L, C]; y [N, YL, C] with YL = floor((L + 2 padding - kernel) / stride) + 1.
public func maxPool1d(_ x: Variable, kernel: Int, stride: Int? = nil, padding: Int = 0) -> Variable {
    requireWindow(x, "maxPool1d", kernel: kernel, stride: stride ?? kernel, padding: padding)
    return alongSequence(x) {
        maxPool2d(
            $0, kernel: .alongWidth(kernel), stride: .alongWidth(stride ?? kernel),
            padding: .alongWidth(padding, 0))
    }
}

/// y = the mean of each window of a sequence, including padding; see `maxPool1d`.
public func averagePool1d(_ x: Variable, kernel: Int, stride: Int? = nil, padding: Int = 0) -> Variable {
    requireWindow(x, "averagePool1d", kernel: kernel, stride: stride ?? kernel, padding: padding)
    return alongSequence(x) {
        averagePool2d(
            $0, kernel: .alongWidth(kernel), stride: .alongWidth(stride ?? kernel),
            padding: .alongWidth(padding, 0))
    }
}

/// Traps unless x has sequences [N, L, C] that the window of a pooling fits.
private func requireWindow(
    _ x: Variable, _ operation: StaticString, kernel: Int, stride: Int, padding: Int
) {
    guard x.shape.rank == 3, 2 * padding <= kernel else {
        brokenContract(
            "\(operation)\(x.place): x \(x.shape) has to be [N, L, C]; kernel \(kernel), padding \(padding) (at most half of the kernel)"
        )
    }
    Window2D(
        kernel: .alongWidth(kernel), stride: .alongWidth(stride), padding: .alongWidth(padding, 0),
        dilation: 1
    ).requireAlongSequence(x, operation, x.place)
}

/// Applies an operation on images to sequences [N, L, C].
private func alongSequence(_ x: Variable, _ body: (Variable) -> Variable) -> Variable {
    let y = body(reshape(x, to: Shape(x.shape[0], 1, x.shape[1], x.shape[2])))
    return reshape(y, to: Shape(y.shape[0], y.shape[2], y.shape[3]))
}

extension Extent2D {
    /// An extent along the width, with a neutral value for the height.
    fileprivate static func alongWidth(_ extent: Int, _ height: Int = 1) -> Extent2D {
        Extent2D(height: height, width: extent)
    }
}

extension Shape {
    /// A kernel [O, C, K] as one for images, [O, C, 1, K].
    fileprivate func kernelOfHeight1(_ place: @autoclosure () -> String) -> Shape {
        guard rank == 3 else {
            brokenContract("conv1d\(place()): weight \(self) has to be [O, C / groups, K]")
        }
        return Shape(self[0], self[1], 1, self[2])
    }
}
