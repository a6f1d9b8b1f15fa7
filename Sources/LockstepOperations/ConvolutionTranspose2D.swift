internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = the transposed convolution of x with W, plus b: the gradient of a convolution with respect to its
/// input, used to enlarge images.
///
/// Shapes: x [N, H, W, C], W [C, O / groups, KH, KW] as in PyTorch's `ConvTranspose2d`, b [O]; y [N, YH, YW,
/// O] with YH = (H - 1) stride - 2 padding + dilation (KH - 1) + outputPadding + 1. float32 or, by the type
/// of W, bfloat16; with a bias the result is float32.
/// - Parameter outputPadding: additional rows and columns at the lower and right border, fewer than the
///   stride.
public func convTranspose2d(
    _ x: Variable, weight: Variable, bias: Variable? = nil, stride: Extent2D = 1, padding: Extent2D = 0,
    outputPadding: Extent2D = 0, dilation: Extent2D = 1, groups: Int = 1
) -> Variable {
    let tape = x.tape
    let x = cast(x, to: weight.value.dtype)
    let (xs, ws) = (x.shape, weight.shape)
    guard xs.rank == 4, ws.rank == 4, groups >= 1, ws[0] == xs[3], ws[0] % groups == 0,
        bias.map({ $0.shape == Shape(ws[1] * groups) }) ?? true
    else {
        let biasText = bias.map { ", bias \($0.shape)" } ?? ""
        brokenContract(
            "convTranspose2d\(Variable.place(weight, x)): x \(xs) does not fit weight \(ws)\(biasText), groups \(groups)"
        )
    }
    let window = Window2D(
        kernel: Extent2D(height: ws[2], width: ws[3]), stride: stride, padding: padding, dilation: dilation)
    let key = ConvTranspose2DOperation.Key(
        x: xs, dtype: x.value.dtype, weight: ws, window: window, outputPadding: outputPadding, groups: groups,
        weightGradient: weight.parameter == nil ? x.value.dtype : .float32)
    requireWindow(key, place: Variable.place(weight, x))
    let operation = tape.operation(ConvTranspose2DOperation.self, key: key) {
        ConvTranspose2DOperation(key: $0)
    }
    let version = weight.parameter == nil || tape.parameterVersion == 0 ? nil : tape.parameterVersion
    let y = operation.forward(x.value, weight: weight.value, version: version, pool: tape.pool)
    let result = tape.record(operation, inputs: x, weight, output: y)
    return bias.map { addBias(result, $0) } ?? result
}

/// Traps if stride, padding, output padding and dilation do not fit together, or the padding leaves no pixel.
private func requireWindow(_ key: ConvTranspose2DOperation.Key, place: @autoclosure () -> String) {
    let (window, extra) = (key.window, key.outputPadding)
    guard
        min(window.stride.height, window.stride.width, window.dilation.height, window.dilation.width) >= 1,
        min(window.kernel.height, window.kernel.width) >= 1,
        min(window.padding.height, window.padding.width, extra.height, extra.width) >= 0,
        extra.height < window.stride.height, extra.width < window.stride.width
    else {
        brokenContract(
            """
            convTranspose2d\(place()): kernel \(window.kernel), stride \(window.stride), padding \(window.padding), \
            dilation \(window.dilation) and output padding \(extra) (less than the stride) do not go together
            """)
    }
    let extent = key.outputExtent
    contract(
        extent.height > 0 && extent.width > 0,
        """
        convTranspose2d\(place()): padding \(window.padding) leaves nothing of x \(key.x), an image of height \
        \(key.x[1]) and width \(key.x[2]), with a kernel of \(window.kernel) and stride \(window.stride)
        """)
}

/// `convTranspose2d` with parameters: read on the tape of `x`.
public func convTranspose2d(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, stride: Extent2D = 1, padding: Extent2D = 0,
    outputPadding: Extent2D = 0, dilation: Extent2D = 1, groups: Int = 1
) -> Variable {
    convTranspose2d(
        x, weight: x.tape.variable(weight), bias: bias.map { x.tape.variable($0) }, stride: stride,
        padding: padding, outputPadding: outputPadding, dilation: dilation, groups: groups)
}

/// The operation behind `convTranspose2d`: the primitives of the convolution from y [N, YH, YW, O] to x [N,
/// H, W, C], whose weights have the same shape. Forward is its backward-data pass; backward is its forward
/// pass and its backward-weights pass.
final class ConvTranspose2DOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var weight: Shape
        var window: Window2D
        var outputPadding: Extent2D
        var groups: Int
        /// A parameter's gradient is float32; that of any other variable has the variable's type.
        var weightGradient: DType

        /// The height and width of y; not positive if the padding leaves nothing.
        var outputExtent: Extent2D {
            func extent(
                _ x: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ extra: Int
            ) -> Int { (x - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1 }
            return Extent2D(
                height: extent(
                    x[1], window.kernel.height, window.stride.height, window.padding.height,
                    window.dilation.height, outputPadding.height),
                width: extent(
                    x[2], window.kernel.width, window.stride.width, window.padding.width,
                    window.dilation.width, outputPadding.width))
        }
    }

    let key: Key
    private let outputShape: Shape
    /// For images of one row or column with a stride above 1, oneDNN's bfloat16 kernel does not write the
    /// gradients of taps that read only padding: float32 is used instead.
    private let gradientType: DType
    private var saved: (x: Tensor, weight: Tensor, version: UInt64?)?

    private lazy var forward = DNNPrimitive("convTranspose2d forward") {
        var parameters = parameters(key.dtype)
        return lockstep_dnn_convolution_backward_data_create($0, &parameters)
    }
    private lazy var backwardData = DNNPrimitive("convTranspose2d backward data") {
        var parameters = parameters(key.dtype)
        return lockstep_dnn_convolution_forward_create($0, &parameters)
    }
    private lazy var backwardWeights = DNNPrimitive("convTranspose2d backward weights") {
        var parameters = parameters(gradientType)
        return lockstep_dnn_convolution_backward_weights_create($0, &parameters)
    }
    private lazy var forwardWeights = PackedWeights(for: forward)
    private lazy var backwardDataWeights = PackedWeights(for: backwardData)
    private lazy var weightGradient = PackedGradient(of: backwardWeights)

    init(key: Key) {
        self.key = key
        let (window, extent) = (key.window, key.outputExtent)
        outputShape = Shape(key.x[0], extent.height, extent.width, key.weight[1] * key.groups)
        let isFaulty =
            key.x[1] == 1 && window.stride.height > 1 || key.x[2] == 1 && window.stride.width > 1
        gradientType = isFaulty ? .float32 : key.dtype
    }

    private func parameters(_ dtype: DType) -> lockstep_dnn_convolution {
        let (window, y) = (key.window, outputShape)
        return lockstep_dnn_convolution(
            samples: Int64(y[0]), channels: Int64(y[3]), height: Int64(y[1]), width: Int64(y[2]),
            outputs: Int64(key.x[3]), kernel_height: Int64(key.weight[2]), kernel_width: Int64(key.weight[3]),
            stride_h: Int64(window.stride.height), stride_w: Int64(window.stride.width),
            padding_h: Int64(window.padding.height), padding_w: Int64(window.padding.width),
            dilation_h: Int64(window.dilation.height), dilation_w: Int64(window.dilation.width),
            groups: Int64(key.groups), has_bias: 0, type: dtype.dnn,
            is_winograd: 0)
    }

    /// x [N, H, W, C], W [C, O / groups, KH, KW] -> y [N, YH, YW, O].
    func forward(_ x: Tensor, weight: Tensor, version: UInt64?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        guard y.elementCount > 0 else { return y }
        guard x.elementCount > 0 else {
            y.fillWithZeros()
            return y
        }
        let packed = forwardWeights.current(weight, version: version)
        forward.execute {
            lockstep_dnn_convolution_backward_data_execute($0, x.address, packed, y.address, nil)
        }
        saved = (x, weight, version)
        return y
    }

    /// dy [N, YH, YW, O] -> dx [N, H, W, C], dW.
    func backward(_ context: BackwardContext) {
        guard let saved else { return context.writeZeros(inputs: 2) }
        let (dy, pool) = (context.outputGradient, context.pool)
        context.write(0, as: key.dtype) { dx in
            let packed = backwardDataWeights.current(saved.weight, version: saved.version)
            backwardData.execute {
                lockstep_dnn_convolution_forward_execute($0, dy.address, packed, nil, dx.address, nil)
            }
        }
        context.write(1, as: .float32) { dWeight in
            let image = converted(dy, to: gradientType, pool)
            let x = converted(saved.x, to: gradientType, pool)
            weightGradient.write(dWeight, pool: pool) { packed in
                backwardWeights.execute {
                    lockstep_dnn_convolution_backward_weights_execute(
                        $0, image.address, x.address, packed, nil, nil)
                }
            }
        }
    }

    private func converted(_ x: Tensor, to dtype: DType, _ pool: StoragePool) -> Tensor {
        if x.dtype == dtype { return x }
        let result = pool.tensor(x.shape, dtype)
        result.convert(from: x)
        return result
    }

    func release() { saved = nil }
}
