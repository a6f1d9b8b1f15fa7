import CKernels
import LockstepAutograd
import LockstepTensors

/// y = factor x, element by element; any shape.
public func scale(_ x: Variable, by factor: Float) -> Variable {
    let tape = x.tape
    let x = cast(x, to: .float32)
    let operation = tape.operation(ScaleOperation.self, key: .init()) { ScaleOperation(key: $0) }
    operation.factor = factor
    let y = tape.pool.tensor(x.shape)
    lockstep_scale(y.floats, x.value.floats, y.elementCount, factor)
    return tape.record(operation, inputs: x, output: y)
}

/// factor x, element by element.
public func * (factor: Float, x: Variable) -> Variable { scale(x, by: factor) }

/// factor x, element by element.
public func * (x: Variable, factor: Float) -> Variable { scale(x, by: factor) }

/// The operation behind `scale`. The factor is not part of the key, since it may change from step to step.
final class ScaleOperation: DifferentiableOperation {
    struct Key: Equatable {}

    let key: Key
    var factor: Float = 1

    init(key: Key) { self.key = key }

    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient
        context.write(0) { lockstep_scale($0.floats, dy.floats, dy.elementCount, factor) }
    }

    func release() {}
}
