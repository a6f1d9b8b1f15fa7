import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct RecurrentTests {
    private static let parameterNames = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]

    private static func parameters(_ variables: [String: Variable]) -> RecurrentParameters {
        func parameter(_ name: String) -> Parameter {
            guard let parameter = variables[name]?.parameter else { preconditionFailure("no \(name)") }
            return parameter
        }
        return RecurrentParameters(
            inputWeight: parameter("weight_ih"), stateWeight: parameter("weight_hh"),
            inputBias: parameter("bias_ih"), stateBias: parameter("bias_hh"))
    }

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let cells: [String: RecurrentCell] = ["tanh": .tanh, "relu": .relu, "lstm": .lstm, "gru": .gru]
        guard let cell = cells.first(where: { golden.options[$0.key] == 1 })?.value else {
            preconditionFailure("\(golden.name): no cell")
        }
        return { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no x") }
            return recurrent(
                x, cell: cell, RecurrentTests.parameters(variables),
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

    /// A layer over rows of a table is the layer over the embedding of the ids, forward, backward and in inference.
    @Test(arguments: [RecurrentCell.tanh, .relu, .lstm, .gru], [false, true])
    func readsATableByItsIds(_ cell: RecurrentCell, _ isReversed: Bool) {
        let (steps, samples, entries, width, units) = (6, 5, 7, 9, 18)
        let rows = cell.gates * units
        let inputs = [
            "table": filled(Shape(entries, width)), "weight_ih": filled(Shape(rows, width), seed: 2),
            "weight_hh": filled(Shape(rows, units), seed: 3), "bias_ih": filled(Shape(rows), seed: 4),
            "bias_hh": filled(Shape(rows), seed: 5),
        ]
        let ids = Tensor(
            (0..<steps * samples).map { Int32($0 * $0 % entries) }, shape: Shape(steps, samples))
        let upstream = filled(Shape(steps, samples, units), seed: 6)
        let names = ["table"] + RecurrentTests.parameterNames
        func body(_ usesTable: Bool) -> OperationBench.Body {
            { tape, variables in
                guard let table = variables["table"]?.parameter else { preconditionFailure("no table") }
                let parameters = RecurrentTests.parameters(variables)
                if usesTable {
                    return recurrent(
                        ids, table: table, on: tape, cell: cell, parameters, isReversed: isReversed)
                }
                return recurrent(
                    embedding(ids, table: table, on: tape), cell: cell, parameters, isReversed: isReversed)
            }
        }
        var plain = OperationBench(inputs: inputs, parameterNames: names)
        var bench = OperationBench(inputs: inputs, parameterNames: names)
        let expected = plain.run(inputs, upstream: upstream, body(false))
        let result = bench.run(inputs, upstream: upstream, body(true))
        expectClose(result.y, expected.y, "y")
        for name in names {
            guard let actual = result.gradients[name], let wanted = expected.gradients[name] else {
                Issue.record("no gradient of \(name)")
                continue
            }
            expectClose(actual, wanted, "gradient of \(name)")
        }
        #expect(bench.output(inputs, mode: .inference, body(true)).floatArray == result.y.floatArray)
    }

    @Test(arguments: [Int32(-1), 3, .max]) func reportsAnIdOutsideTheTable(_ bad: Int32) {
        let inputs = [
            "table": filled(Shape(3, 2)), "weight_ih": filled(Shape(8, 2)), "weight_hh": filled(Shape(8, 2)),
            "bias_ih": filled(Shape(8)), "bias_hh": filled(Shape(8)),
        ]
        let names = ["table"] + RecurrentTests.parameterNames
        var bench = OperationBench(inputs: inputs, parameterNames: names)
        let ids = Tensor([0, 1, 2, 0, bad, 2], shape: Shape(3, 2))
        _ = bench.run(inputs, upstream: filled(Shape(3, 2, 2))) { tape, variables in
            guard let table = variables["table"]?.parameter else { preconditionFailure("no table") }
            return recurrent(ids, table: table, on: tape, cell: .lstm, RecurrentTests.parameters(variables))
        }
        let failure = bench.tape.failure as? LabelError
        #expect(failure?.label == Int(bad) && failure?.row == 4)
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = [
            "x": Tensor(zeros: Shape(4, 0, 3)), "weight_ih": filled(Shape(8, 3)),
            "weight_hh": filled(Shape(8, 2)),
            "bias_ih": filled(Shape(8)), "bias_hh": filled(Shape(8)),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: RecurrentTests.parameterNames)
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(4, 0, 2))) { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no x") }
            return recurrent(x, cell: .lstm, RecurrentTests.parameters(variables))
        }
        #expect(result.y.shape == Shape(4, 0, 2))
        #expect(result.gradients["weight_hh"]?.floatArray == [Float](repeating: 0, count: 16))
    }
}
