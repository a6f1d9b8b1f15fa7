import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Every `step`-th entry of a range along an axis: y[..., i, ...] = x[..., range.lowerBound + i step, ...].
///
/// Shapes: [..., A, ...] to [..., ceil(range.count / step), ...]; float32 or bfloat16. Traps unless the range
/// lies in 0 ..< A and the step is positive. Negative axes count from the last.
public func slice(_ x: Variable, axis: Int, _ range: Range<Int>, step: Int = 1) -> Variable {
    let dimension = x.shape.dimension(axis, "slice")
    guard range.lowerBound >= 0, range.upperBound <= x.shape[dimension], step >= 1 else {
        brokenContract("slice\(x.place): \(range) in steps of \(step) along axis \(axis) of \(x.shape)")
    }
    let tape = x.tape
    let key = SliceOperation.Key(
        x: x.shape, dtype: x.value.dtype, dimension: dimension, start: range.lowerBound,
        count: (range.count + step - 1) / step, step: step)
    let operation = tape.operation(SliceOperation.self, key: key) { SliceOperation(key: $0) }
    let y = operation.forward(x.value, pool: tape.pool)
    return tape.record(operation, inputs: x, output: y)
}

/// Splits x before `index` along an axis into two slices.
public func split(_ x: Variable, at index: Int, axis: Int) -> (Variable, Variable) {
    let end = x.shape[x.shape.dimension(axis, "split")]
    return (slice(x, axis: axis, 0..<index), slice(x, axis: axis, index..<end))
}

/// Splits x into `count` equal parts along an axis. Traps unless `count` divides the extent.
///
/// Reading a part records a slice: read each part once.
/// ```swift
/// let parts = split(x, into: 3, axis: -1)
/// let (q, k, v) = (parts[0], parts[1], parts[2])
/// ```
public func split(_ x: Variable, into count: Int, axis: Int) -> SplitParts {
    let dimension = x.shape.dimension(axis, "split")
    guard count >= 1, x.shape[dimension] % count == 0 else {
        brokenContract("split\(x.place): \(x.shape) along axis \(axis) has no \(count) equal parts")
    }
    return SplitParts(whole: x, dimension: dimension, count: count)
}

/// The equal parts of a variable along an axis; see `split(_:into:axis:)`.
public struct SplitParts: RandomAccessCollection {
    let whole: Variable
    let dimension: Int
    /// The number of parts.
    public let count: Int

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// Records the slice of a part.
    public subscript(index: Int) -> Variable {
        contract(index >= 0 && index < count, "split: no part \(index) of \(count)")
        let extent = whole.shape[dimension] / count
        return slice(whole, axis: dimension, index * extent..<(index + 1) * extent)
    }
}

/// The operation behind `slice`.
final class SliceOperation: DifferentiableOperation {
    struct Key: Equatable {
        var x: Shape
        var dtype: DType
        var dimension: Int
        var start: Int
        var count: Int
        var step: Int
    }

    let key: Key
    private let shape: Shape
    private let read: StridedCopy
    private let write: StridedCopy

    init(key: Key) {
        self.key = key
        var shape = key.x
        shape[key.dimension] = key.count
        self.shape = shape
        var strides = key.x.kernelStrides
        let first = key.start * strides[key.dimension]
        strides[key.dimension] *= key.step
        read = StridedCopy(shape.kernelExtents, from: strides, firstX: first, to: shape.kernelStrides)
        write = StridedCopy(shape.kernelExtents, from: shape.kernelStrides, to: strides, firstY: first)
    }

    /// x -> the slice of x.
    func forward(_ x: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(shape, key.dtype)
        if y.elementCount > 0 { read.copy(x, to: y) }
        return y
    }

    /// dy -> dx: dy at the positions of the slice, otherwise 0.
    var readsWholeInputs: Bool { false }

    func backward(_ context: BackwardContext) {
        write.write(context.outputGradient, context, 0, isPart: true)
    }

    func release() {}
}
