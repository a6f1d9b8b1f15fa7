internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = activation(a + b), element by element.
///
/// Shapes: a and b are equal, or broadcast as in `subtract`.
public func add(_ a: Variable, _ b: Variable, activation: FusedActivation = .none) -> Variable {
    guard a.shape == b.shape else {
        let sum = binary(.add, a, b)
        return activation == .relu ? relu(sum) : sum
    }
    let tape = a.tape
    let b = cast(b, to: a.value.dtype)
    let key = AddOperation.Key(shape: a.shape, dtype: a.value.dtype, activation: activation)
    let operation = tape.operation(AddOperation.self, key: key) { AddOperation(key: $0) }
    let y = operation.forward(a.value, b.value, pool: tape.pool)
    return tape.record(operation, inputs: a, b, output: y)
}

/// a + b, element by element.
public func + (a: Variable, b: Variable) -> Variable { add(a, b) }

/// The operation behind `add`.
final class AddOperation: DifferentiableOperation {
    struct Key: Equatable {
        var shape: Shape
        var dtype: DType
        var activation: FusedActivation
    }

    let key: Key
    private var output: Tensor?
    private lazy var forward = DNNPrimitive("add") { made in
        let extents = [Int64(key.shape.elementCount)]
        return lockstep_dnn_binary_create(
            made, LOCKSTEP_DNN_BINARY_ADD, 1, extents, extents, key.dtype.dnn)
    }
    private lazy var mask = ActivationMask(key.activation)

    init(key: Key) { self.key = key }

    func forward(_ a: Tensor, _ b: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(key.shape, key.dtype)
        guard y.elementCount > 0 else { return y }
        forward.execute { lockstep_dnn_binary_execute($0, a.address, b.address, y.address) }
        key.activation.apply(to: y)
        if key.activation != .none { output = y }
        return y
    }

    func backward(_ context: BackwardContext) {
        guard key.shape.elementCount > 0 else { return context.writeZeros(inputs: 2) }
        let gradient = mask.apply(context.outputGradient, output: output, pool: context.pool)
        context.passThrough(0, gradient)
        context.passThrough(1, gradient)
    }

    func release() { output = nil }
}
