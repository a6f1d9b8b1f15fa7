import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The same numbers in the same order in memory under another shape; no copy.
///
/// Images lie in memory as (H, W, C): use `flatten` where the order of PyTorch's flatten is wanted.
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
