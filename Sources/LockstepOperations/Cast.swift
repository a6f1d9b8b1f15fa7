import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Converts to another type: float32 or bfloat16 (rounded to the nearest, ties to even). Any shape.
///
/// The gradient is converted back. A variable that already has the type is returned unchanged.
public func cast(_ x: Variable, to dtype: DType) -> Variable {
    if x.value.dtype == dtype { return x }
    contract(
        x.value.dtype != .int32 && x.value.dtype != .uint8 && dtype != .int32 && dtype != .uint8,
        "cast\(x.place): x \(x.shape) of \(x.value.dtype) elements to \(dtype)")
    let tape = x.tape
    let operation = tape.operation(CastOperation.self, key: .init()) { CastOperation(key: $0) }
    let y = tape.pool.tensor(x.shape, dtype)
    y.convert(from: x.value)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `cast`.
final class CastOperation: DifferentiableOperation {
    struct Key: Equatable {}

    let key: Key

    init(key: Key) { self.key = key }

    func backward(_ context: BackwardContext) {
        context.write(0) { $0.convert(from: context.outputGradient) }
    }

    func release() {}
}
