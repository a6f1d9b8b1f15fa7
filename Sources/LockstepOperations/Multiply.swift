internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = a b, element by element.
///
/// Shapes: a and b are equal, or broadcast as in `subtract`.
public func multiply(_ a: Variable, _ b: Variable) -> Variable {
    guard a.shape == b.shape else { return binary(.multiply, a, b) }
    let tape = a.tape
    let (a, b) = (cast(a, to: .float32), cast(b, to: .float32))
    let operation = tape.operation(MultiplyOperation.self, key: .init(shape: a.shape)) {
        MultiplyOperation(key: $0)
    }
    let y = operation.forward(a.value, b.value, pool: tape.pool)
    return tape.record(operation, inputs: a, b, output: y)
}

/// a b, element by element.
public func * (a: Variable, b: Variable) -> Variable { multiply(a, b) }

/// The operation behind `multiply`.
final class MultiplyOperation: DifferentiableOperation {
    struct Key: Equatable { var shape: Shape }

    let key: Key
    private var factors: (a: Tensor, b: Tensor)?
    private lazy var product = DNNPrimitive("multiply") { made in
        let extents = [Int64(key.shape.elementCount)]
        return lockstep_dnn_binary_create(
            made, LOCKSTEP_DNN_BINARY_MULTIPLY, 1, extents, extents, LOCKSTEP_DNN_FLOAT32)
    }

    init(key: Key) { self.key = key }

    func forward(_ a: Tensor, _ b: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.shape)
        guard y.elementCount > 0 else { return y }
        product.execute { lockstep_dnn_binary_execute($0, a.floats, b.floats, y.floats) }
        factors = (a, b)
        return y
    }

    func backward(_ context: BackwardContext) {
        guard key.shape.elementCount > 0 else { return context.writeZeros(inputs: 2) }
        guard let factors else { brokenContract("multiply: backward without forward") }
        let dy = context.outputGradient
        context.write(0) { da in
            product.execute { lockstep_dnn_binary_execute($0, dy.floats, factors.b.floats, da.floats) }
        }
        context.write(1) { db in
            product.execute { lockstep_dnn_binary_execute($0, dy.floats, factors.a.floats, db.floats) }
        }
    }

    func release() { factors = nil }
}
