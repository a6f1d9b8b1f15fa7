internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y[n, l] = x[n, l] + table[l]: adds a row for each position of a sequence to every sample.
///
/// The gradient of the table is summed over the samples in order, in float32; other rows get zeros.
/// Shapes: x [N, L, E], table [at least L, E]; y as x.
/// - Parameter firstStep: the position of the first step, so the first row to add.
public func addPositions(_ x: Variable, table: Parameter, firstStep: Int = 0) -> Variable {
    let tape = x.tape
    let table = tape.variable(table)
    guard x.shape.rank == 3, table.shape.rank == 2, firstStep >= 0,
        table.shape[0] >= firstStep + x.shape[1], table.shape[1] == x.shape[2]
    else {
        brokenContract(
            "addPositions\(table.place): x \(x.shape) does not fit table \(table.shape)"
                + (firstStep == 0 ? "" : " from step \(firstStep)"))
    }
    let x = cast(x, to: table.value.dtype)
    let operation = tape.operation(AddPositionsOperation.self, key: .init(x: x.shape, dtype: x.value.dtype)) {
        AddPositionsOperation(key: $0)
    }
    operation.firstStep = firstStep
    let y = operation.forward(x.value, table.value, pool: tape.pool)
    return tape.record(operation, inputs: x, table, output: y)
}

/// The operation behind `addPositions`.
final class AddPositionsOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
    }

    let key: Key
    /// The position of the first step of this pass.
    var firstStep = 0
    private lazy var forward = DNNPrimitive("add positions") { made in
        let row = Int64(key.x[1] * key.x[2])
        return lockstep_dnn_binary_create(
            made, LOCKSTEP_DNN_BINARY_ADD, 2, [Int64(key.x[0]), row], [1, row], key.dtype.dnn)
    }

    init(key: Key) { self.key = key }

    func forward(_ x: Tensor, _ table: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x, key.dtype)
        guard y.elementCount > 0 else { return y }
        let rows = table.rows(firstStep..<firstStep + key.x[1])
        forward.execute { lockstep_dnn_binary_execute($0, x.address, rows.address, y.address) }
        return y
    }

    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient
        context.passThrough(0, dy)
        context.write(1) { dTable in
            dTable.fillWithZeros()
            let used = dTable.rows(firstStep..<firstStep + key.x[1])
            for sample in 0..<key.x[0] {
                used.accumulate(dy.rows(sample..<sample + 1).reshaped(to: used.shape))
            }
        }
    }

    func release() {}
}
