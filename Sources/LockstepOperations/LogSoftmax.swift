import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = x - log(sum of e^x), over the last dimension: the logarithm of `softmax` without its loss of precision
/// for small numbers.
///
/// If one class dominates, its y is as accurate as the others': the sum excludes it and is passed to log1p.
/// Shapes: x and y [..., C] of any rank from 1.
public func logSoftmax(_ x: Variable) -> Variable {
    let tape = x.tape
    let x = cast(x, to: .float32)
    guard x.shape.rank >= 1 else { brokenContract("logSoftmax\(x.place): x \(x.shape) has no dimension") }
    let operation = tape.operation(LogSoftmaxOperation.self, key: .init(x: x.shape)) {
        LogSoftmaxOperation(key: $0)
    }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `logSoftmax`. Inside, x is a matrix [rows, C].
final class LogSoftmaxOperation: DifferentiableOperation {
    struct Key: Equatable { var x: Shape }

    let key: Key
    private let rows: Int
    private let classes: Int
    private var output: Tensor?

    init(key: Key) {
        self.key = key
        classes = key.x[-1]
        rows = key.x.elementCount(of: 0..<key.x.rank - 1)
    }

    /// x [..., C] -> y [..., C].
    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.x)
        guard y.elementCount > 0 else { return y }
        lockstep_log_softmax(y.floats, x.floats, rows, classes)
        output = y
        return y
    }

    /// dy [..., C] -> dx = dy - e^y sum of dy.
    func backward(_ context: BackwardContext) {
        guard key.x.elementCount > 0 else { return context.writeZeros(inputs: 1) }
        guard let output else { brokenContract("logSoftmax: backward without forward") }
        context.write(0) { dx in
            lockstep_log_softmax_backward(
                dx.floats, context.outputGradient.floats, output.floats, rows, classes)
        }
    }

    func release() { output = nil }
}
