import CKernels
internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = e^x / sum of e^x, over the last dimension.
///
/// Shapes: x and y [..., C] of any rank from 1 on.
public func softmax(_ x: Variable) -> Variable {
    let tape = x.tape
    let x = cast(x, to: .float32)
    guard x.shape.rank >= 1 else { brokenContract("softmax\(x.place): x \(x.shape) has no dimension") }
    let operation = tape.operation(SoftmaxOperation.self, key: .init(x: x.shape)) {
        SoftmaxOperation(key: $0)
    }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `softmax`. Inside, x is a matrix [rows, C].
final class SoftmaxOperation: DifferentiableOperation {
    struct Key: Equatable { var x: Shape }

    let key: Key
    private let rows: Int
    private let classes: Int
    private var output: Tensor?

    private lazy var forward = DNNPrimitive("softmax forward") {
        lockstep_dnn_softmax_forward_create($0, Int64(rows), Int64(classes), LOCKSTEP_DNN_FLOAT32)
    }
    private lazy var backward = DNNPrimitive("softmax backward") { made in
        forward.query {
            lockstep_dnn_softmax_backward_create(made, Int64(rows), Int64(classes), LOCKSTEP_DNN_FLOAT32, $0)
        }
    }

    init(key: Key) {
        self.key = key
        classes = key.x[-1]
        rows = key.x.elementCount(of: 0..<key.x.rank - 1)
    }

    /// x [..., C] -> y [..., C].
    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x)
        guard y.elementCount > 0 else { return y }
        forward.execute { lockstep_dnn_softmax_forward_execute($0, x.floats, y.floats) }
        lockstep_softmax_keep_nan(y.floats, x.floats, rows, classes)
        output = y
        return y
    }

    /// dy [..., C] -> dx = y (dy - sum of dy y).
    func backward(_ context: BackwardContext) {
        guard key.x.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        guard let output else { brokenContract("softmax: backward without forward") }
        context.write(0) { dx in
            backward.execute {
                lockstep_dnn_softmax_backward_execute(
                    $0, output.floats, context.outputGradient.floats, dx.floats)
            }
        }
    }

    func release() { output = nil }
}
