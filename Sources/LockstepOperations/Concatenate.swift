import CKernels
import Glibc
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Joins tensors along a dimension; all other extents are equal. Negative axes count from the last.
///
/// Shapes: [..., A, ...], [..., B, ...] to [..., A + B, ...]; images are joined by channels along axis 3. The
/// result has the type of the first tensor; others are converted. For two tensors prefer `concatenate(a, b,
/// axis:)`, which needs no array.
public func concatenate(_ inputs: [Variable], axis: Int) -> Variable {
    guard let first = inputs.first else { brokenContract("concatenate: no inputs") }
    var whole = ConcatenateOperation.Whole(first, axis: axis)
    for input in inputs.dropFirst() { whole.append(input) }
    let operation = whole.operation(on: first.tape)
    let y = first.tape.pool.tensor(whole.shape, whole.dtype)
    for input in inputs { operation.append(input.value, to: y) }
    return first.tape.record(operation, inputs: inputs, output: y)
}

/// Joins two tensors along a dimension, see `concatenate(_:axis:)`.
public func concatenate(_ a: Variable, _ b: Variable, axis: Int) -> Variable {
    var whole = ConcatenateOperation.Whole(a, axis: axis)
    whole.append(b)
    let operation = whole.operation(on: a.tape)
    let y = a.tape.pool.tensor(whole.shape, whole.dtype)
    operation.append(a.value, to: y)
    operation.append(b.value, to: y)
    return a.tape.record(operation, inputs: a, b, output: y)
}

/// The operation behind `concatenate`: copies contiguous runs. Each forward pass records their positions in
/// preallocated memory.
final class ConcatenateOperation: DifferentiableOperation {
    struct Key: Equatable {
        var whole: Shape
        var axis: Int
        var dtype: DType
    }

    /// The concatenated tensor.
    struct Whole {
        private(set) var shape: Shape
        let dtype: DType
        let axis: Int

        init(_ first: Variable, axis: Int) {
            shape = first.shape
            dtype = first.value.dtype
            self.axis = axis < 0 ? axis + shape.rank : axis
            contract(
                self.axis >= 0 && self.axis < shape.rank,
                "concatenate\(first.place): no axis \(axis) in \(shape)")
            Whole.requireNumbers(first)
        }

        mutating func append(_ next: Variable) {
            Whole.requireNumbers(next)
            guard next.shape.rank == shape.rank else {
                brokenContract("concatenate\(next.place): \(shape) and \(next.shape) differ in rank")
            }
            var other = next.shape
            other[axis] = shape[axis]
            guard other == shape else {
                brokenContract(
                    "concatenate\(next.place): \(shape) and \(next.shape) differ outside axis \(axis)")
            }
            shape[axis] += next.shape[axis]
        }

        func operation(on tape: Tape) -> ConcatenateOperation {
            let key = Key(whole: shape, axis: axis, dtype: dtype)
            let operation = tape.operation(ConcatenateOperation.self, key: key) {
                ConcatenateOperation(key: $0)
            }
            operation.runs.removeAll(keepingCapacity: true)
            return operation
        }

        private static func requireNumbers(_ input: Variable) {
            let type = input.value.dtype
            contract(type == .float32 || type == .bfloat16, "concatenate: numbers of the type \(type)")
        }
    }

    let key: Key
    private let rows: Int
    /// The elements of a row of the whole.
    private let rowCount: Int
    /// For each input, the start and length of its run in a row of the whole, in elements.
    private var runs: ContiguousArray<(start: Int, count: Int)> = []

    init(key: Key) {
        self.key = key
        rows = key.whole.elementCount(of: 0..<key.axis)
        rowCount = key.whole.elementCount(of: key.axis..<key.whole.rank)
    }

    /// Copies the next input to its position in the whole.
    func append(_ part: Tensor, to whole: Tensor) {
        let start = runs.last.map { $0.start + $0.count } ?? 0
        let count = part.shape.elementCount(of: key.axis..<part.shape.rank)
        runs.append((start, count))
        for row in 0..<rows {
            ConcatenateOperation.copy(part, row * count, to: whole, row * rowCount + start, count: count)
        }
    }

    func backward(_ context: BackwardContext) {
        for index in runs.indices {
            let run = runs[index]
            context.write(index) { part in
                for row in 0..<rows {
                    ConcatenateOperation.copy(
                        context.outputGradient, row * rowCount + run.start, to: part, row * run.count,
                        count: run.count)
                }
            }
        }
    }

    func release() {}

    /// Copies elements between positions of two tensors, which may have different types.
    private static func copy(_ x: Tensor, _ from: Int, to y: Tensor, _ place: Int, count: Int) {
        switch (x.dtype, y.dtype) {
        case (.float32, .bfloat16): lockstep_bfloat16_round(y.bfloat16s + place, x.floats + from, count)
        case (.bfloat16, .float32): lockstep_bfloat16_widen(y.floats + place, x.bfloat16s + from, count)
        default:
            let bytes = y.dtype.byteCount
            memcpy(y.address + place * bytes, x.address + from * bytes, count * bytes)
        }
    }
}
