import Lockstep

/// y = sign(x) max(|x| - t, 0): shrinks each number towards zero, and numbers below the threshold to zero.
///
/// Shapes: x [N, C] and t [C] to y [N, C]; float32.
/// Source: Gregor and LeCun: Learning Fast Approximations of Sparse Coding, ICML 2010.
func softThreshold(_ x: Variable, _ threshold: Variable) -> Variable {
    let tape = x.tape
    let key = SoftThreshold.Key(shape: x.shape)
    let operation = tape.operation(SoftThreshold.self, key: key) { SoftThreshold(key: $0) }
    let y = operation.forward(x.value, threshold.value, pool: tape.pool)
    return tape.record(operation, inputs: x, threshold, output: y)
}

/// The operation behind `softThreshold`.
final class SoftThreshold: DifferentiableOperation {
    struct Key: Equatable {
        /// The shape of x, [N, C].
        var shape: Shape
    }

    let key: Key
    /// y, [N, C].
    private var saved: Tensor?

    init(key: Key) {
        contract(key.shape.rank == 2, "softThreshold: x has the shape \(key.shape), not [N, C]")
        self.key = key
    }

    func forward(_ x: Tensor, _ threshold: Tensor, pool: StoragePool) -> Tensor {
        let (rows, columns) = (key.shape[0], key.shape[1])
        contract(
            threshold.shape == [columns], "softThreshold: x \(key.shape), threshold \(threshold.shape)")
        let y = pool.tensor(key.shape)
        let (source, limits, destination) = (x.floats, threshold.floats, y.floats)
        for row in 0..<rows {
            for column in 0..<columns {
                let value = source[row * columns + column]
                let rest = max(value.magnitude - limits[column], 0)
                destination[row * columns + column] = value < 0 ? -rest : rest
            }
        }
        saved = y
        return y
    }

    /// Where y is not 0, dx = dy and dt = -sign(y) dy, summed over rows; elsewhere both are 0.
    func backward(_ context: BackwardContext) {
        guard let saved else { brokenContract("softThreshold: backward without forward") }
        let (rows, columns) = (key.shape[0], key.shape[1])
        let (dy, y) = (context.outputGradient.floats, saved.floats)
        context.write(0) { gradient in
            let dx = gradient.floats
            for i in 0..<rows * columns { dx[i] = y[i] == 0 ? 0 : dy[i] }
        }
        context.write(1) { gradient in
            gradient.fillWithZeros()
            let dt = gradient.floats
            for i in 0..<rows * columns where y[i] != 0 { dt[i % columns] -= y[i] < 0 ? -dy[i] : dy[i] }
        }
    }

    func release() { saved = nil }
}

extension SoftThreshold: ONNXExportable {
    /// sign(x) max(|x| - t, 0).
    func export(_ node: ONNXNode) throws(ONNXError) {
        let (x, threshold) = (node.input(0), node.input(1))
        let rest = node.add("Relu", [node.add("Sub", [node.add("Abs", [x]), threshold])])
        node.output(node.add("Mul", [node.add("Sign", [x]), rest]))
    }
}
