import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The sum over consecutive dimensions, which are removed; by default over all of them.
///
/// Shapes: [a, b, c] summed over 1..<2 gives [a, c]. Sums run in memory order, in double precision.
public func sum(_ x: Variable, over dimensions: Range<Int>? = nil) -> Variable {
    reduce(x, over: dimensions, isMean: false)
}

/// The mean over consecutive dimensions, which are removed; by default over all of them.
public func mean(_ x: Variable, over dimensions: Range<Int>? = nil) -> Variable {
    reduce(x, over: dimensions, isMean: true)
}

private func reduce(_ x: Variable, over dimensions: Range<Int>?, isMean: Bool) -> Variable {
    let range = dimensions ?? 0..<x.shape.rank
    guard range.lowerBound >= 0, range.upperBound <= x.shape.rank else {
        brokenContract("reduce\(x.place): dimensions \(range) of \(x.shape)")
    }
    var shape = Shape()
    for dimension in (0..<x.shape.rank).reversed() where !range.contains(dimension) {
        shape = shape.prepending(x.shape[dimension])
    }
    let tape = x.tape
    let x = cast(x, to: .float32)
    let key = ReduceOperation.Key(
        outer: x.shape.elementCount(of: 0..<range.lowerBound), reduced: x.shape.elementCount(of: range),
        inner: x.shape.elementCount(of: range.upperBound..<x.shape.rank), isMean: isMean)
    let operation = tape.operation(ReduceOperation.self, key: key) { ReduceOperation(key: $0) }
    let y = tape.pool.tensor(shape)
    operation.forward(x.value, y)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `sum` and `mean`: x is [outer, reduced, inner], y [outer, inner].
final class ReduceOperation: DifferentiableOperation {
    struct Key: Equatable {
        var outer: Int
        var reduced: Int
        var inner: Int
        var isMean: Bool
    }

    let key: Key
    private var factor: Double { key.isMean ? 1 / Double(max(1, key.reduced)) : 1 }

    init(key: Key) { self.key = key }

    func forward(_ x: Tensor, _ y: Tensor) {
        for outer in 0..<key.outer {
            let block = x.floats + outer * key.reduced * key.inner
            if key.inner > 1 {
                lockstep_column_sums(y.floats + outer * key.inner, block, key.reduced, key.inner, factor)
            } else if key.inner == 1 {
                var sum = 0.0
                for index in 0..<key.reduced { sum += Double(block[index]) }
                y.floats[outer] = Float(sum * factor)
            }
        }
    }

    func backward(_ context: BackwardContext) {
        let dy = context.outputGradient.floats
        let factor = Float(self.factor)
        context.write(0) { dx in
            var place = dx.floats
            for outer in 0..<key.outer {
                for _ in 0..<key.reduced {
                    for inner in 0..<key.inner { place[inner] = dy[outer * key.inner + inner] * factor }
                    place += key.inner
                }
            }
        }
    }

    func release() {}
}
