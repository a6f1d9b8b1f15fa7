import LockstepAutograd
import LockstepOperations
import LockstepTensors
import Testing

@Suite struct RecurrentTests {
    private static let parameterNames = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let cells: [String: RecurrentCell] = ["tanh": .tanh, "relu": .relu, "lstm": .lstm, "gru": .gru]
        guard let cell = cells.first(where: { golden.options[$0.key] == 1 })?.value else {
            preconditionFailure("\(golden.name): no cell")
        }
        return { _, variables in
            guard let x = variables["x"], let wi = variables["weight_ih"]?.parameter,
                let ws = variables["weight_hh"]?.parameter, let bi = variables["bias_ih"]?.parameter,
                let bs = variables["bias_hh"]?.parameter
            else { preconditionFailure("inputs are missing") }
            return recurrent(
                x, cell: cell, inputWeight: wi, stateWeight: ws, inputBias: bi, stateBias: bs,
                isReversed: golden.option("reversed") == 1)
        }
    }

    @Test(arguments: GoldenCase.load("recurrent"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x"] + RecurrentTests.parameterNames)
        var bench = OperationBench(inputs: inputs, parameterNames: RecurrentTests.parameterNames)
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
    }

    @Test(arguments: GoldenCase.load("recurrent"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x"] + RecurrentTests.parameterNames)
        var bench = OperationBench(inputs: inputs, parameterNames: RecurrentTests.parameterNames)
        // A larger step meets kinks of the ReLU in states that the output does not show.
        let step: Float = golden.name == "relu" ? 2e-4 : 3e-3
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), step: step, golden.name, body(golden))
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = [
            "x": Tensor(zeros: Shape(4, 0, 3)), "weight_ih": filled(Shape(8, 3)),
            "weight_hh": filled(Shape(8, 2)),
            "bias_ih": filled(Shape(8)), "bias_hh": filled(Shape(8)),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: RecurrentTests.parameterNames)
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(4, 0, 2))) { _, variables in
            guard let x = variables["x"], let wi = variables["weight_ih"]?.parameter,
                let ws = variables["weight_hh"]?.parameter, let bi = variables["bias_ih"]?.parameter,
                let bs = variables["bias_hh"]?.parameter
            else { fatalError() }
            return recurrent(x, cell: .lstm, inputWeight: wi, stateWeight: ws, inputBias: bi, stateBias: bs)
        }
        #expect(result.y.shape == Shape(4, 0, 2))
        #expect(result.gradients["weight_hh"]?.floatArray == [Float](repeating: 0, count: 16))
    }
}
