import Glibc
import LockstepAutograd
import LockstepTensors

/// Joins tensors along a dimension; all other extents are equal. Negative axes count from the last.
///
/// Shapes: [..., A, ...], [..., B, ...] to [..., A + B, ...]; images are joined by channels along axis 3.
public func concatenate(_ inputs: [Variable], axis: Int) -> Variable {
    let inputs = inputs.map { cast($0, to: .float32) }
    guard let first = inputs.first else { preconditionFailure("concatenate: no inputs") }
    let dimension = axis < 0 ? axis + first.shape.rank : axis
    var shape = first.shape
    shape[dimension] = 0
    for input in inputs {
        var other = input.shape
        guard other.rank == shape.rank else {
            preconditionFailure("concatenate: \(first.shape) and \(input.shape) differ in rank")
        }
        other[dimension] = shape[dimension]
        guard other == shape else {
            preconditionFailure(
                "concatenate: \(first.shape) and \(input.shape) differ outside axis \(dimension)")
        }
        shape[dimension] += input.shape[dimension]
    }
    let tape = first.tape
    let key = ConcatenateOperation.Key(shapes: inputs.map(\.shape), axis: dimension)
    let operation = tape.operation(ConcatenateOperation.self, key: key) { ConcatenateOperation(key: $0) }
    let y = tape.pool.tensor(shape)
    for (index, input) in inputs.enumerated() {
        operation.copy(index, of: y, with: input.value, intoWhole: true)
    }
    return tape.record(operation, inputs: inputs, output: y)
}

/// The operation behind `concatenate`: copies of contiguous runs.
final class ConcatenateOperation: DifferentiableOperation {
    struct Key: Equatable {
        var shapes: [Shape]
        var axis: Int
    }

    let key: Key
    /// Per input: where its run starts in a row of the output, and how long it is, in floats.
    private let runs: [(start: Int, count: Int)]
    private let rows: Int
    private let rowCount: Int

    init(key: Key) {
        self.key = key
        var start = 0
        var runs: [(Int, Int)] = []
        for shape in key.shapes {
            let count = shape.elementCount(of: key.axis..<shape.rank)
            runs.append((start, count))
            start += count
        }
        self.runs = runs
        rowCount = start
        rows = key.shapes[0].elementCount(of: 0..<key.axis)
    }

    /// Copies input `index` into its place of the whole, or its place of the whole into the input.
    func copy(_ index: Int, of whole: Tensor, with part: Tensor, intoWhole: Bool) {
        let run = runs[index]
        for row in 0..<rows {
            let outer = whole.floats + row * rowCount + run.start
            let inner = part.floats + row * run.count
            if intoWhole { memcpy(outer, inner, run.count * 4) } else { memcpy(inner, outer, run.count * 4) }
        }
    }

    func backward(_ context: BackwardContext) {
        for index in runs.indices {
            context.write(index) { copy(index, of: context.outputGradient, with: $0, intoWhole: false) }
        }
    }

    func release() {}
}
