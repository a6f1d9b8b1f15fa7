internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = activation(x * W + b): a 2-D convolution (cross-correlation, as in PyTorch) with zero padding on all
/// sides.
///
/// Shapes: x [N, H, W, C], W [O, C / groups, KH, KW] as in PyTorch, b [O]; y [N, YH, YW, O] with
/// YH = floor((H + 2 padding - dilation (KH - 1) - 1) / stride) + 1. With groups = C it is depthwise.
public func conv2d(
    _ x: Variable, weight: Variable, bias: Variable? = nil, stride: Extent2D = 1, padding: Extent2D = 0,
    dilation: Extent2D = 1, groups: Int = 1, activation: FusedActivation = .none
) -> Variable {
    let tape = x.tape
    let x = cast(x, to: weight.value.dtype)
    let (xs, ws) = (x.shape, weight.shape)
    guard xs.rank == 4, ws.rank == 4, groups >= 1, ws[0] % groups == 0, ws[1] * groups == xs[3],
        bias.map({ $0.shape == Shape(ws[0]) }) ?? true
    else {
        let biasText = bias.map { ", bias \($0.shape)" } ?? ""
        brokenContract(
            "conv2d\(Variable.place(weight, x)): x \(xs) does not fit weight \(ws)\(biasText), groups \(groups)"
        )
    }
    let window = Window2D(
        kernel: Extent2D(height: ws[2], width: ws[3]), stride: stride, padding: padding, dilation: dilation)
    window.require(x, "conv2d", Variable.place(weight, x))
    let key = Conv2DOperation.Key(
        x: xs, dtype: x.value.dtype, weight: ws, window: window, groups: groups, hasBias: bias != nil,
        activation: activation)
    let operation = tape.operation(Conv2DOperation.self, key: key) { Conv2DOperation(key: $0) }
    // Without a version (0), or with weights that are not a parameter, the weights may change in each call.
    let version = weight.parameter == nil || tape.parameterVersion == 0 ? nil : tape.parameterVersion
    let y = operation.forward(
        x.value, weight: weight.value, bias: bias?.value, version: version, pool: tape.pool)
    guard let bias else { return tape.record(operation, inputs: x, weight, output: y) }
    return tape.record(operation, inputs: x, weight, bias, output: y)
}

/// `conv2d` with parameters: read on the tape of `x`.
public func conv2d(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, stride: Extent2D = 1, padding: Extent2D = 0,
    dilation: Extent2D = 1, groups: Int = 1, activation: FusedActivation = .none
) -> Variable {
    conv2d(
        x, weight: x.tape.variable(weight), bias: bias.map { x.tape.variable($0) }, stride: stride,
        padding: padding, dilation: dilation, groups: groups, activation: activation)
}

/// The operation behind `conv2d`.
///
/// Kernels of 3 x 3 over many channels use Winograd's algorithm F(4 x 4, 3 x 3) in float32, which needs a
/// quarter of the multiplications (apart from tile padding); its rounding errors are about ten times those of
/// the direct sum. It needs images in another layout, which costs a copy of each. Source: Lavin, Gray: Fast
/// Algorithms for Convolutional Neural Networks (CVPR 2016).
final class Conv2DOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var weight: Shape
        var window: Window2D
        var groups: Int
        var hasBias: Bool
        var activation: FusedActivation
    }

    let key: Key
    private let outputShape: Shape
    private let mask: ActivationMask
    private let deadTaps: DeadTaps
    /// Images in blocks, for Winograd's algorithm; otherwise nil.
    private let blocks: (x: ImageBlocks, y: ImageBlocks)?
    /// The input in the primitives' layout.
    private var x: Tensor?
    private var weight: Tensor?
    private var weightVersion: UInt64?
    private var output: Tensor?

    private lazy var forward = DNNPrimitive("conv2d forward") {
        var parameters = parameters
        return lockstep_dnn_convolution_forward_create($0, &parameters)
    }
    private lazy var backwardData = DNNPrimitive("conv2d backward data") {
        var parameters = parameters
        return lockstep_dnn_convolution_backward_data_create($0, &parameters)
    }
    private lazy var backwardWeights = DNNPrimitive("conv2d backward weights") {
        var parameters = parameters
        return lockstep_dnn_convolution_backward_weights_create($0, &parameters)
    }
    private lazy var forwardWeights = PackedWeights(for: forward)
    private lazy var backwardDataWeights = PackedWeights(for: backwardData)
    private lazy var weightGradient = PackedGradient(of: backwardWeights)

    init(key: Key) {
        self.key = key
        let extent = key.window.outputExtent(height: key.x[1], width: key.x[2])
        outputShape = Shape(key.x[0], extent.height, extent.width, key.weight[0])
        mask = ActivationMask(key.activation)
        deadTaps = DeadTaps(key.window, height: key.x[1], width: key.x[2], output: extent)
        var parameters = Self.parameters(key, isWinograd: false)
        let isWinograd =
            Self.isFitForWinograd(key, outputShape) && lockstep_dnn_convolution_has_winograd(&parameters) != 0
        blocks = isWinograd ? (ImageBlocks(key.x), ImageBlocks(outputShape)) : nil
    }

    /// Whether Winograd's algorithm saves enough: transforming images and weights must be cheap relative to
    /// the products.
    private static func isFitForWinograd(_ key: Key, _ output: Shape) -> Bool {
        let tile = 4
        let (rows, columns) = ((output[1] + tile - 1) / tile, (output[2] + tile - 1) / tile)
        let used = output[1] * output[2]
        let computed = rows * columns * tile * tile
        return key.dtype == .float32 && key.groups == 1
            && key.window == Window2D(kernel: 3, stride: 1, padding: 1, dilation: 1)
            && key.x[3] >= 32 && key.x[3] % 16 == 0 && output[3] >= 32 && output[3] % 16 == 0
            && output[0] * rows * columns >= 64 && 2 * used >= computed
    }

    private var parameters: lockstep_dnn_convolution { Self.parameters(key, isWinograd: blocks != nil) }

    private static func parameters(_ key: Key, isWinograd: Bool) -> lockstep_dnn_convolution {
        let (x, weight, window) = (key.x, key.weight, key.window)
        return lockstep_dnn_convolution(
            samples: Int64(x[0]), channels: Int64(x[3]), height: Int64(x[1]), width: Int64(x[2]),
            outputs: Int64(weight[0]), kernel_height: Int64(weight[2]), kernel_width: Int64(weight[3]),
            stride_h: Int64(window.stride.height), stride_w: Int64(window.stride.width),
            padding_h: Int64(window.padding.height), padding_w: Int64(window.padding.width),
            dilation_h: Int64(window.dilation.height), dilation_w: Int64(window.dilation.width),
            groups: Int64(key.groups), has_bias: key.hasBias ? 1 : 0, type: key.dtype.dnn,
            is_winograd: isWinograd ? 1 : 0)
    }

    /// The scratchpad of a Winograd primitive; other primitives own theirs.
    private func scratchpad(_ primitive: DNNPrimitive, _ pool: StoragePool) -> Tensor? {
        guard blocks != nil, primitive.scratchpadByteCount > 0 else { return nil }
        return pool.tensor(Shape(primitive.scratchpadByteCount), .uint8)
    }

    /// x [N, H, W, C], W [O, C / groups, KH, KW], b [O] -> y [N, YH, YW, O].
    func forward(
        _ x: Tensor, weight: Tensor, bias: Tensor?, version: UInt64?, pool: StoragePool
    ) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        self.weight = weight
        guard y.elementCount > 0 else { return y }
        let packed = forwardWeights.current(weight, version: version)
        let source = blocks?.x.pack(x, pool: pool) ?? x
        let result = blocks == nil ? y : pool.tensor(outputShape)
        let scratchpad = scratchpad(forward, pool)
        forward.execute {
            lockstep_dnn_convolution_forward_execute(
                $0, source.address, packed, bias?.floats, result.address, scratchpad?.address)
        }
        blocks?.y.unpack(result, to: y)
        self.x = source
        weightVersion = version
        key.activation.apply(to: y)
        if key.activation != .none { output = y }
        return y
    }

    /// dy [N, YH, YW, O] -> dx [N, H, W, C], dW, db.
    func backward(_ context: BackwardContext) {
        guard outputShape.elementCount > 0 else {
            return context.writeZeros(inputs: key.hasBias ? 3 : 2)
        }
        guard let x, let weight else { brokenContract("conv2d: backward without forward") }
        let pool = context.pool
        let plain = mask.apply(context.outputGradient, output: output, pool: pool)
        let dz = blocks?.y.pack(plain, pool: pool) ?? plain
        if key.hasBias && (context.needsGradient(1) || context.needsGradient(2)) {
            let shapes = (weight.shape, Shape(weight.shape[0]))
            context.writeTogether(1, 2, shapes: shapes) { dWeight, dBias in
                computeWeightGradient(x, dz, dWeight, dBias, pool: pool)
            }
        } else if !key.hasBias {
            context.write(1, as: .float32) { computeWeightGradient(x, dz, $0, nil, pool: pool) }
        }
        context.write(0) { dx in
            let packed = backwardDataWeights.current(weight, version: weightVersion)
            let result = blocks == nil ? dx : pool.tensor(key.x)
            let scratchpad = scratchpad(backwardData, pool)
            backwardData.execute {
                lockstep_dnn_convolution_backward_data_execute(
                    $0, dz.address, packed, result.address, scratchpad?.address)
            }
            blocks?.x.unpack(result, to: dx)
        }
    }

    private func computeWeightGradient(
        _ x: Tensor, _ dz: Tensor, _ dWeight: Tensor, _ dBias: Tensor?, pool: StoragePool
    ) {
        let scratchpad = scratchpad(backwardWeights, pool)
        weightGradient.write(dWeight, pool: pool) { packed in
            backwardWeights.execute {
                lockstep_dnn_convolution_backward_weights_execute(
                    $0, x.address, dz.address, packed, dBias?.floats, scratchpad?.address)
            }
        }
        deadTaps.clear(dWeight)
    }

    func release() {
        x = nil
        weight = nil
        output = nil
    }
}
