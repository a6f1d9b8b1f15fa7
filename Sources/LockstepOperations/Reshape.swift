import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The same numbers in the same memory order, with another shape; no copy.
///
/// Images are stored as (H, W, C): use `flatten` for the order of PyTorch's flatten.
public func reshape(_ x: Variable, to shape: Shape) -> Variable {
    if shape == x.shape { return x }
    contract(
        shape.elementCount == x.shape.elementCount,
        "reshape\(x.place): \(x.shape) has \(x.shape.elementCount) numbers, \(shape) \(shape.elementCount)")
    let tape = x.tape
    let operation = tape.operation(ReshapeOperation.self, key: .init()) { ReshapeOperation(key: $0) }
    return tape.record(operation, inputs: x, output: x.value.reshaped(to: shape))
}

/// The operation behind `reshape`.
final class ReshapeOperation: DifferentiableOperation {
    struct Key: Equatable {}

    let key: Key

    init(key: Key) { self.key = key }

    func backward(_ context: BackwardContext) { context.passThrough(0, context.outputGradient) }

    func release() {}
}
