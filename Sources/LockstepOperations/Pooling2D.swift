internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = activation(the maximum of each window); padding never wins, and of equal values the first one gets the
/// gradient.
///
/// NaN is larger than any number, as in PyTorch. The activation follows the pooling: for ReLU the result is
/// the same, on a fraction of the numbers. Shapes: x [N, H, W, C]; y [N, YH, YW, C] with YH = floor((H + 2
/// padding - kernel) / stride) + 1. The stride defaults to the kernel. The padding is at most half of the
/// kernel.
public func maxPool2d(
    _ x: Variable, kernel: Extent2D, stride: Extent2D? = nil, padding: Extent2D = 0,
    activation: FusedActivation = .none
) -> Variable {
    pool2d(x, .maximum, kernel: kernel, stride: stride ?? kernel, padding: padding, activation: activation)
}

/// y = the mean of each window. Padding counts as zeros unless `countsPadding` is false, as in PyTorch by
/// default.
///
/// Shapes: x [N, H, W, C]; y [N, YH, YW, C] with YH = floor((H + 2 padding - kernel) / stride) + 1. The
/// stride defaults to the kernel. The padding is at most half of the kernel.
public func averagePool2d(
    _ x: Variable, kernel: Extent2D, stride: Extent2D? = nil, padding: Extent2D = 0,
    countsPadding: Bool = true
) -> Variable {
    let kind = countsPadding ? Pool2DOperation.Kind.average : .averageWithoutPadding
    return pool2d(x, kind, kernel: kernel, stride: stride ?? kernel, padding: padding)
}

/// y = the mean of each channel of each image.
///
/// Shapes: x [N, H, W, C]; y [N, C].
public func globalAveragePool2d(_ x: Variable) -> Variable {
    guard x.shape.rank == 4 else {
        brokenContract("globalAveragePool2d\(x.place): x \(x.shape) is no image [N, H, W, C]")
    }
    let kernel = Extent2D(height: x.shape[1], width: x.shape[2])
    return pool2d(x, .globalAverage, kernel: kernel, stride: 1, padding: 0)
}

private func pool2d(
    _ x: Variable, _ kind: Pool2DOperation.Kind, kernel: Extent2D, stride: Extent2D, padding: Extent2D,
    activation: FusedActivation = .none
) -> Variable {
    let tape = x.tape
    guard x.shape.rank == 4, 2 * padding.height <= kernel.height, 2 * padding.width <= kernel.width else {
        brokenContract(
            "pooling\(x.place): x \(x.shape) has to be [N, H, W, C]; kernel \(kernel), padding \(padding) (at most half of the kernel)"
        )
    }
    let window = Window2D(kernel: kernel, stride: stride, padding: padding, dilation: 1)
    window.require(x, "pooling", x.place)
    let key = Pool2DOperation.Key(
        x: x.shape, dtype: x.value.dtype, kind: kind, window: window, activation: activation)
    let operation = tape.operation(Pool2DOperation.self, key: key) { Pool2DOperation(key: $0) }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind the three poolings.
final class Pool2DOperation: DifferentiableOperation {
    enum Kind {
        case maximum
        case average
        case averageWithoutPadding
        case globalAverage

        var dnn: lockstep_dnn_pooling_kind {
            switch self {
            case .maximum: LOCKSTEP_DNN_POOLING_MAXIMUM
            case .average, .globalAverage: LOCKSTEP_DNN_POOLING_AVERAGE
            case .averageWithoutPadding: LOCKSTEP_DNN_POOLING_AVERAGE_WITHOUT_PADDING
            }
        }
    }

    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var kind: Kind
        var window: Window2D
        var activation: FusedActivation
    }

    let key: Key
    private let outputShape: Shape
    private let mask: ActivationMask
    private var output: Tensor?
    /// The positions of the maxima; only for maximum pooling.
    private var workspace: Tensor?

    private lazy var forward = DNNPrimitive("pooling forward") {
        var parameters = parameters
        return lockstep_dnn_pooling_forward_create($0, &parameters)
    }
    private lazy var backward = DNNPrimitive("pooling backward") { made in
        var parameters = parameters
        return forward.query { lockstep_dnn_pooling_backward_create(made, &parameters, $0) }
    }
    private lazy var maxima = MaxPoolPass(
        x: key.x, output: outputShape, window: key.window, activation: key.activation, dtype: key.dtype,
        placeByteCount: workspaceByteCount)
    private lazy var workspaceByteCount = forward.query { lockstep_dnn_pooling_workspace_bytes($0) }

    init(key: Key) {
        self.key = key
        let extent = key.window.outputExtent(height: key.x[1], width: key.x[2])
        outputShape =
            key.kind == .globalAverage
            ? Shape(key.x[0], key.x[3]) : Shape(key.x[0], extent.height, extent.width, key.x[3])
        mask = ActivationMask(key.activation)
    }

    private var parameters: lockstep_dnn_pooling {
        let (x, window) = (key.x, key.window)
        return lockstep_dnn_pooling(
            kind: key.kind.dnn, samples: Int64(x[0]), channels: Int64(x[3]), height: Int64(x[1]),
            width: Int64(x[2]), kernel_height: Int64(window.kernel.height),
            kernel_width: Int64(window.kernel.width), stride_h: Int64(window.stride.height),
            stride_w: Int64(window.stride.width), padding_h: Int64(window.padding.height),
            padding_w: Int64(window.padding.width), type: key.dtype.dnn)
    }

    /// x [N, H, W, C] -> y [N, YH, YW, C], or [N, C] over the whole image.
    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        guard y.elementCount > 0 else { return y }
        if key.kind == .maximum {
            let places = pool.tensor(Shape(workspaceByteCount), .uint8)
            maxima.run(x, y, places: places)
            workspace = places
        } else {
            forward.execute { lockstep_dnn_pooling_forward_execute($0, x.address, y.address, nil) }
            key.activation.apply(to: y)
        }
        if key.activation != .none { output = y }
        return y
    }

    /// dy, like y -> dx [N, H, W, C].
    func backward(_ context: BackwardContext) {
        guard outputShape.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        let dz = mask.apply(context.outputGradient, output: output, pool: context.pool)
        context.write(0) { dx in
            backward.execute {
                lockstep_dnn_pooling_backward_execute(
                    $0, dz.address, workspace?.address, dx.address)
            }
        }
    }

    func release() {
        workspace = nil
        output = nil
    }
}
