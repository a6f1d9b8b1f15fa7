import Foundation
import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Layer normalization, softmax and log-softmax: operations along the last dimension.
@Suite struct RowOperationTests {
    private static let names = ["x", "scale", "shift"]

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in
            guard let x = variables["x"] else { preconditionFailure("x is missing") }
            switch golden.option("kind") {
            case 1: return softmax(x)
            case 2: return logSoftmax(x)
            default:
                guard let scale = variables["scale"], let shift = variables["shift"] else {
                    preconditionFailure("parameters are missing")
                }
                return layerNorm(x, scale: scale, shift: shift)
            }
        }
    }

    @Test(arguments: GoldenCase.load("rows"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: ["scale", "shift"])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
    }

    /// The logarithm of a probability near 1 is as exact as any other, relative to its own size.
    @Test(arguments: [2, 10, 33, 1000], [3, 8, 12.5, 15, 20, 35, 60] as [Float])
    func logSoftmaxIsExactWhereOneClassDominates(_ classes: Int, _ gap: Float) {
        for place in [0, classes / 2, classes - 1] {
            let x = filled(Shape(1, classes))
            x.floats[place] = (x.floatArray.max() ?? 0) + gap
            let tape = Tape(pool: StoragePool())
            tape.begin(mode: .inference)
            let y = logSoftmax(tape.constant(x)).value.floatArray
            let top = Double(x.floats[place])
            var others = 0.0
            for i in 0..<classes where i != place { others += exp(Double(x.floats[i]) - top) }
            for i in 0..<classes {
                let exact = Double(x.floats[i]) - top - log1p(others)
                // What is rounded of the differences counts in their powers.
                let tolerance = (5e-7 + 6e-8 * Double(gap)) * abs(exact)
                #expect(abs(Double(y[i]) - exact) <= tolerance, "class \(i): \(y[i]), not \(exact)")
            }
        }
    }

    @Test(arguments: GoldenCase.load("rows"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: ["scale", "shift"])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), golden.name, body(golden))
    }

    @Test func largeLogitsStayFinite() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = tape.constant(Tensor([1000, 0, -1000, 500] as [Float], shape: Shape(2, 2)))
        #expect(softmax(x).value.floatArray == [1, 0, 0, 1])
        // oneDNN's logarithm of 1 is not quite 0.
        let expected = Tensor([0, -1000, -1500, 0] as [Float], shape: Shape(2, 2))
        expectClose(logSoftmax(x).value, expected, "log-softmax", tolerance: 1e-8)
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = ["x": Tensor(zeros: Shape(0, 3)), "scale": filled(Shape(3)), "shift": filled(Shape(3))]
        var bench = OperationBench(inputs: inputs, parameterNames: ["scale", "shift"])
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 3))) { _, variables in
            guard let x = variables["x"], let scale = variables["scale"], let shift = variables["shift"]
            else { fatalError() }
            return logSoftmax(softmax(layerNorm(x, scale: scale, shift: shift)))
        }
        #expect(result.y.shape == Shape(0, 3))
        #expect(result.gradients["scale"]?.floatArray == [0, 0, 0])
        #expect(result.gradients["shift"]?.floatArray == [0, 0, 0])
        #expect(result.gradients["x"]?.shape == Shape(0, 3))
    }
}
