internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = activation(x W^T + b): a fully connected layer.
///
/// Shapes: x [N, I] or [N, L, I] (leading dimensions are merged), or an image [N, H, W, C] with I = C H W,
/// with features in the order (C, H, W), as in PyTorch's flatten. W [O, I], b [O]; y [N, O] or [N, L, O].
public func linear(
    _ x: Variable, weight: Variable, bias: Variable? = nil, activation: FusedActivation = .none
) -> Variable {
    let tape = x.tape
    let x = cast(x, to: weight.value.dtype)
    let outputs = weight.shape.rank == 2 ? weight.shape[0] : 0
    let rank = x.shape.rank
    guard weight.shape.rank == 2, rank >= 2, rank <= 4,
        weight.shape[1] == (rank == 4 ? x.shape.elementCount(of: 1..<4) : x.shape[-1])
    else {
        brokenContract("linear\(Variable.place(weight, x)): x \(x.shape) does not fit weight \(weight.shape)")
    }
    if let bias, bias.shape != Shape(outputs) {
        brokenContract(
            "linear\(Variable.place(bias, weight, x)): bias \(bias.shape) does not fit weight \(weight.shape)"
        )
    }
    let key = LinearOperation.Key(
        x: x.shape, dtype: x.value.dtype,
        inputGradient: x.parameter == nil ? x.value.dtype : .float32,
        weightGradient: weight.parameter == nil ? weight.value.dtype : .float32, outputs: outputs,
        hasBias: bias != nil, activation: activation)
    let operation = tape.operation(LinearOperation.self, key: key) { LinearOperation(key: $0) }
    let y = operation.forward(x.value, weight: weight.value, bias: bias?.value, pool: tape.pool)
    guard let bias else { return tape.record(operation, inputs: x, weight, output: y) }
    return tape.record(operation, inputs: x, weight, bias, output: y)
}

/// `linear` with parameters: read on the tape of `x`.
public func linear(
    _ x: Variable, weight: Parameter, bias: Parameter? = nil, activation: FusedActivation = .none
) -> Variable {
    linear(
        x, weight: x.tape.variable(weight), bias: bias.map { x.tape.variable($0) }, activation: activation)
}

/// The operation behind `linear`. Inside, x is a matrix [rows, I]; an image is first reordered to (C, H, W):
/// that moves N x I numbers, fewer than reordering the weights and, in each shard, their gradient.
final class LinearOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        /// A parameter's gradient is float32; that of any other variable has the variable's type.
        var inputGradient: DType
        var weightGradient: DType
        var outputs: Int
        var hasBias: Bool
        var activation: FusedActivation
    }

    let key: Key
    private let rows: Int
    private let inputs: Int
    private let outputShape: Shape
    private let mask: ActivationMask
    private let image: ImageOrder?
    private var matrix: Tensor?
    private var weight: Tensor?
    private var output: Tensor?

    private lazy var forward = product(
        "linear forward", (rows, inputs, key.outputs), a: (inputs, 1), b: (1, inputs), key.dtype,
        hasBias: key.hasBias)
    private lazy var backwardData = product(
        "linear backward data", (rows, key.outputs, inputs), a: (key.outputs, 1), b: (inputs, 1),
        key.inputGradient)
    private lazy var backwardWeights = product(
        "linear backward weights", (key.outputs, rows, inputs), a: (1, key.outputs), b: (inputs, 1),
        key.weightGradient)

    /// c [M, N] = a [M, K] b [K, N] with row and column strides of a and b.
    private func product(
        _ name: StaticString, _ extents: (rows: Int, depth: Int, columns: Int), a: (Int, Int), b: (Int, Int),
        _ result: DType, hasBias: Bool = false
    ) -> DNNPrimitive {
        DNNPrimitive(name) {
            var parameters = lockstep_dnn_matmul(
                outer: 1, inner: 1, rows: Int64(extents.rows), depth: Int64(extents.depth),
                columns: Int64(extents.columns), strides_a: (0, 0, Int64(a.0), Int64(a.1)),
                strides_b: (0, 0, Int64(b.0), Int64(b.1)), strides_c: (0, 0, Int64(extents.columns), 1),
                has_bias: hasBias ? 1 : 0, type: key.dtype.dnn, result_type: result.dnn, is_packed: 0)
            return lockstep_dnn_matmul_create($0, &parameters)
        }
    }

    init(key: Key) {
        self.key = key
        let isImage = key.x.rank == 4
        inputs = isImage ? key.x.elementCount(of: 1..<4) : key.x[-1]
        rows = isImage ? key.x[0] : key.x.elementCount(of: 0..<key.x.rank - 1)
        var shape = isImage ? Shape(key.x[0], key.outputs) : key.x
        shape[-1] = key.outputs
        outputShape = shape
        mask = ActivationMask(key.activation)
        image = isImage ? ImageOrder(key.x, key.dtype) : nil
    }

    /// x [N, ..., I], W [O, I], b [O] -> y [N, ..., O].
    func forward(_ x: Tensor, weight: Tensor, bias: Tensor?, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        self.weight = weight
        guard rows > 0 else { return y }
        let matrix = image?.toChannelsFirst(x, pool: pool) ?? x
        forward.execute {
            lockstep_dnn_matmul_execute($0, matrix.address, weight.address, bias?.floats, y.address)
        }
        self.matrix = matrix
        key.activation.apply(to: y)
        if key.activation != .none { output = y }
        return y
    }

    /// dy [N, ..., O] -> dx = dz W, dW = dz^T x, db = column sums of dz.
    func backward(_ context: BackwardContext) {
        guard rows > 0 else { return context.writeZeros(inputs: key.hasBias ? 3 : 2) }
        guard let matrix, let weight else { brokenContract("linear: backward without forward") }
        let dz = mask.apply(context.outputGradient, output: output, pool: context.pool)
        context.write(1) { dWeight in
            backwardWeights.execute {
                lockstep_dnn_matmul_execute($0, dz.address, matrix.address, nil, dWeight.address)
            }
        }
        if key.hasBias { context.write(2) { columnSums(dz, rows: rows, to: $0) } }
        context.write(0) { dx in
            let dMatrix = image?.isNeeded == true ? context.pool.tensor(dx.shape, key.inputGradient) : dx
            backwardData.execute {
                lockstep_dnn_matmul_execute($0, dz.address, weight.address, nil, dMatrix.address)
            }
            if let image, image.isNeeded { image.toChannelsLast(dMatrix, dx) }
        }
    }

    func release() {
        matrix = nil
        weight = nil
        output = nil
    }
}
