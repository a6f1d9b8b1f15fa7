import LockstepAutograd
import LockstepOperations
import LockstepTensors
import Testing

/// Layer normalisation, softmax and log-softmax: operations along the last dimension.
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
