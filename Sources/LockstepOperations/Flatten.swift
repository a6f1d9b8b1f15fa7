import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Flattens images [N, H, W, C] to rows [N, C x H x W] in PyTorch's order (C, H, W); other shapes [N, ...] to
/// [N, product].
///
/// Costs a copy for images of several channels. `linear` takes images without flatten.
public func flatten(_ x: Variable) -> Variable {
    guard x.shape.rank >= 1 else { brokenContract("flatten\(x.place): x \(x.shape) has no dimension") }
    let rows = x.shape[0]
    let columns = x.shape.elementCount(of: 1..<x.shape.rank)
    guard x.shape.rank == 4, x.shape[3] > 1, x.shape[1] * x.shape[2] > 1, rows > 0 else {
        return reshape(x, to: Shape(rows, columns))
    }
    let tape = x.tape
    let operation = tape.operation(FlattenOperation.self, key: .init(x: x.shape, dtype: x.value.dtype)) {
        FlattenOperation(key: $0)
    }
    let y = operation.order.toChannelsFirst(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y.reshaped(to: Shape(rows, columns)))
}

/// The operation behind `flatten` for images.
final class FlattenOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
    }

    let key: Key
    let order: ImageOrder

    init(key: Key) {
        self.key = key
        order = ImageOrder(key.x, key.dtype)
    }

    func backward(_ context: BackwardContext) {
        context.write(0) { order.toChannelsLast(context.outputGradient, $0) }
    }

    func release() {}
}
