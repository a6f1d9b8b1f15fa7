import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Repeats x along extents of 1 and missing leading dimensions, as elementwise operations do implicitly.
/// Copies.
///
/// Shapes: [N, 1, C] to [N, L, C], [C] to [N, C]; float32 or bfloat16. The gradient is summed over the
/// repeated elements in double precision. Traps when x cannot be repeated to `shape`.
public func broadcast(_ x: Variable, to shape: Shape) -> Variable {
    if x.shape == shape { return x }
    guard x.shape.broadcast(with: shape) == shape else {
        brokenContract("broadcast\(x.place): \(x.shape) cannot be repeated to \(shape)")
    }
    let tape = x.tape
    let key = BroadcastOperation.Key(x: x.shape, dtype: x.value.dtype, y: shape)
    let operation = tape.operation(BroadcastOperation.self, key: key) { BroadcastOperation(key: $0) }
    let y = tape.pool.tensor(shape, key.dtype)
    operation.forward(x.value, y)
    return tape.record(operation, inputs: x, output: y)
}

/// Inserts an extent of 1 before `axis`: [a, b] with axis 1 gives [a, 1, b]; -1 appends it. No copy.
public func expandDimensions(_ x: Variable, axis: Int) -> Variable {
    let place = axis < 0 ? axis + x.shape.rank + 1 : axis
    guard place >= 0, place <= x.shape.rank, x.shape.rank < Shape.maximumRank else {
        brokenContract("expandDimensions\(x.place): no room before axis \(axis) in \(x.shape)")
    }
    return reshape(x, to: x.shape.inserting(1, at: place))
}

/// Removes an extent of 1. No copy. Traps if the extent is not 1.
public func squeeze(_ x: Variable, axis: Int) -> Variable {
    let dimension = x.shape.dimension(axis, "squeeze")
    guard x.shape[dimension] == 1 else {
        brokenContract("squeeze\(x.place): axis \(axis) of \(x.shape) has an extent that is not 1")
    }
    return reshape(x, to: x.shape.removing(1 << UInt32(dimension), keepsDimensions: false))
}

/// Joins tensors of one shape along a new axis: two of [a, b] with axis 0 give [2, a, b]. Negative axes count
/// from the end, where -1 appends the new axis.
public func stack(_ a: Variable, _ b: Variable, axis: Int = 0) -> Variable {
    concatenate(
        expandDimensions(a, axis: axis), expandDimensions(b, axis: axis),
        axis: axis < 0 ? axis + a.shape.rank + 1 : axis)
}

/// `stack` of any number of tensors. For two, prefer `stack(a, b)`, which needs no array.
public func stack(_ inputs: [Variable], axis: Int = 0) -> Variable {
    guard let first = inputs.first else { brokenContract("stack: no inputs") }
    return concatenate(
        inputs.map { expandDimensions($0, axis: axis) }, axis: axis < 0 ? axis + first.shape.rank + 1 : axis)
}

/// The operation behind `broadcast`.
final class BroadcastOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var y: Shape
    }

    let key: Key
    private let spread: StridedCopy
    private let operand: RepeatedOperand

    init(key: Key) {
        self.key = key
        let repeated = key.x.repeatedDimensions(in: key.y)
        let missing = [Int](repeating: 0, count: key.y.rank - key.x.rank)
        let strides = zip(missing + key.x.kernelStrides, 0..<key.y.rank).map {
            repeated >> UInt32($1) & 1 == 0 ? $0 : 0
        }
        spread = StridedCopy(key.y.kernelExtents, from: strides, to: key.y.kernelStrides)
        operand = RepeatedOperand(key.x, in: key.y, key.dtype)
    }

    func forward(_ x: Tensor, _ y: Tensor) { spread.copy(x, to: y) }

    func backward(_ context: BackwardContext) { operand.pass(context, 0, context.outputGradient) }

    func release() {}
}
