import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Reorders the dimensions of x: dimension i of the result is dimension `axes[i]` of x. Copies.
///
/// Shapes: [a, b, c] with `Axes(2, 0, 1)` gives [c, a, b]; float32 or bfloat16. Traps unless the axes name
/// each dimension once. For up to four axes `Axes(...)` needs no array.
public func permute(_ x: Variable, _ axes: Axes) -> Variable {
    guard axes.count == x.shape.rank,
        axes.bits(in: x.shape, "permute") == UInt32(1) << UInt32(x.shape.rank) - 1
    else { brokenContract("permute\(x.place): \(axes.count) axes for \(x.shape)") }
    let tape = x.tape
    let key = PermuteOperation.Key(x: x.shape, dtype: x.value.dtype, axes: axes)
    let operation = tape.operation(PermuteOperation.self, key: key) { PermuteOperation(key: $0) }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// Exchanges two dimensions of x; the last two by default. Copies. Negative axes count from the last.
public func transpose(_ x: Variable, _ a: Int = -2, _ b: Int = -1) -> Variable {
    let (a, b) = (x.shape.dimension(a, "transpose"), x.shape.dimension(b, "transpose"))
    return permute(x, Axes(exchanging: a, b, rank: x.shape.rank))
}

/// The operation behind `permute` and `transpose`.
final class PermuteOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var axes: Axes
    }

    let key: Key
    private let shape: Shape
    private let read: StridedCopy
    private let write: StridedCopy

    init(key: Key) {
        self.key = key
        let order = (0..<key.axes.count).map { key.x.dimension(key.axes[$0], "permute") }
        let strides = key.x.kernelStrides
        let shape = Shape(order.map { key.x[$0] })
        self.shape = shape
        let permuted = order.map { strides[$0] }
        read = StridedCopy(shape.kernelExtents, from: permuted, to: shape.kernelStrides)
        write = StridedCopy(shape.kernelExtents, from: shape.kernelStrides, to: permuted)
    }

    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(shape, key.dtype)
        read.copy(x, to: y)
        return y
    }

    func backward(_ context: BackwardContext) {
        write.write(context.outputGradient, context, 0, isPart: false)
    }

    func release() {}
}
