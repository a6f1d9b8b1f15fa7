import CKernels
internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = x + b: adds the same numbers to every row.
///
/// The gradient of b is summed over the rows in order, in double precision. Shapes: x [..., C], b [C]; y as
/// x. Images [N, H, W, C] get one number per channel.
public func addBias(_ x: Variable, _ bias: Variable) -> Variable {
    guard x.shape.rank >= 1, bias.shape == Shape(x.shape[-1]) else {
        brokenContract("addBias\(Variable.place(bias, x)): bias \(bias.shape) does not fit x \(x.shape)")
    }
    let tape = x.tape
    let x = cast(x, to: .float32)
    let operation = tape.operation(AddBiasOperation.self, key: .init(x: x.shape)) {
        AddBiasOperation(key: $0)
    }
    let y = operation.forward(x.value, bias.value, pool: tape.pool)
    return tape.record(operation, inputs: x, bias, output: y)
}

/// `addBias` with a parameter, read on the tape of `x`.
public func addBias(_ x: Variable, _ bias: Parameter) -> Variable {
    addBias(x, x.tape.variable(bias))
}

/// The operation behind `addBias`.
final class AddBiasOperation: DifferentiableOperation {
    struct Key: Equatable { var x: Shape }

    let key: Key
    private let rows: Int
    private let columns: Int
    private lazy var forward = DNNPrimitive("add bias") { made in
        lockstep_dnn_binary_create(
            made, LOCKSTEP_DNN_BINARY_ADD, 2, [Int64(rows), Int64(columns)], [1, Int64(columns)],
            LOCKSTEP_DNN_FLOAT32)
    }

    init(key: Key) {
        self.key = key
        rows = key.x.elementCount(of: 0..<key.x.rank - 1)
        columns = key.x[-1]
    }

    func forward(_ x: Tensor, _ bias: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x)
        guard y.elementCount > 0 else { return y }
        forward.execute { lockstep_dnn_binary_execute($0, x.floats, bias.floats, y.floats) }
        return y
    }

    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient
        context.passThrough(0, dy)
        context.write(1) { lockstep_column_sums($0.floats, dy.floats, rows, columns, 1) }
    }

    func release() {}
}
