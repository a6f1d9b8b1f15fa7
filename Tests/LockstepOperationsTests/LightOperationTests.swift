import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Element-wise operations, shapes, concatenation, reductions and embedding against PyTorch and against differences.
@Suite struct LightOperationTests {
    private static let names = ["x", "z", "table", "bias"]

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in
            guard let x = variables["x"] ?? variables["table"] else { preconditionFailure("no input") }
            let z = variables["z"] ?? variables["bias"] ?? x
            switch golden.option("kind") {
            case 0: return relu(x)
            case 1: return leakyReLU(x, slope: 0.25)
            case 2: return sigmoid(x)
            case 3: return tanh(x)
            case 4: return gelu(x)
            case 5: return gelu(x, approximation: .tanh)
            case 6: return x + z
            case 7: return add(x, z, activation: .relu)
            case 8: return x * z
            case 9: return x * x + x
            case 10: return flatten(x)
            case 11: return concatenate([x, z], axis: 0)
            case 12: return concatenate([x, z, x], axis: -1)
            case 13: return reshape(sum(x), to: Shape(1))
            case 14: return mean(x, over: 1..<2)
            case 15: return sum(x, over: 1..<3)
            case 17: return addBias(x, z)
            case 18: return -0.75 * x
            case 19: return mean(x, over: 0..<1)
            default: return embedding(Tensor([1, 0, 3, 1, 1, 5] as [Int32], shape: Shape(2, 3)), table: x)
            }
        }
    }

    @Test(arguments: GoldenCase.load("light"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: ["table", "bias"])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y of \(golden.name)")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
    }

    @Test(arguments: GoldenCase.load("light"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: ["table", "bias"])
        // A leaky ReLU's kink shows in differences: a small step keeps it out.
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), step: golden.option("kind") == 1 ? 1e-3 : 1e-2,
            golden.name,
            body(golden))
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = ["x": Tensor(zeros: Shape(0, 3, 2))]
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 12))) { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no input") }
            let y = relu(gelu(sigmoid(x)) + x * tanh(leakyReLU(x)))
            let bias = x.tape.input(filled(Shape(2)))
            let z = addBias(2 * reshape(x, to: Shape(0, 3, 2)), bias)
            let averages = sum(mean(z, over: 1..<2), over: 1..<2)
            #expect(averages.shape == Shape(0))
            return dropout(concatenate([flatten(y), flatten(z)], axis: 1), probability: 0.5, layer: 1)
        }
        #expect(result.gradients["x"]?.elementCount == 0)
    }

    @Test func anEmptyShardGivesZeroGradientsToParameters() {
        let inputs = ["table": filled(Shape(4, 3)), "bias": filled(Shape(3))]
        var bench = OperationBench(inputs: inputs, parameterNames: ["table", "bias"])
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 3))) { _, variables in
            guard let table = variables["table"], let bias = variables["bias"] else {
                preconditionFailure("no input")
            }
            return addBias(embedding(Tensor(zeros: Shape(0), dtype: .int32), table: table), bias)
        }
        #expect(result.gradients["table"]?.floatArray == [Float](repeating: 0, count: 12))
        #expect(result.gradients["bias"]?.floatArray == [0, 0, 0])
    }
}

@Suite struct DropoutTests {
    private let x = filled(Shape(40, 50))

    @Test func backwardUsesTheMaskOfForward() {
        var bench = OperationBench(inputs: ["x": x], parameterNames: [])
        let ones = Tensor([Float](repeating: 1, count: 2000), shape: x.shape)
        let result = bench.run(["x": x], upstream: ones) { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no input") }
            return dropout(x, probability: 0.25, layer: 3)
        }
        guard let gradient = result.gradients["x"] else { preconditionFailure("no gradient") }
        var kept = 0
        for i in 0..<2000 {
            #expect(result.y.floats[i] == x.floats[i] * gradient.floats[i])
            if gradient.floats[i] != 0 { kept += 1 }
            #expect(gradient.floats[i] == 0 || abs(gradient.floats[i] - 4 / 3) < 1e-6)
        }
        #expect(abs(Double(kept) / 2000 - 0.75) < 0.05)
    }

    @Test func masksAreKeyedByLayerStepAndShard() {
        let tape = Tape(pool: StoragePool())
        func mask(_ draws: StepDraws, layer: UInt64) -> [Bool] {
            tape.begin(mode: .training, draws: draws)
            return dropout(tape.constant(x), probability: 0.5, layer: layer).value.floatArray.map { $0 != 0 }
        }
        let base = StepDraws(seed: 1, step: 5, shard: 2)
        let first = mask(base, layer: 1)
        #expect(mask(base, layer: 1) == first)
        #expect(mask(base, layer: 2) != first)
        #expect(mask(StepDraws(seed: 1, step: 6, shard: 2), layer: 1) != first)
        #expect(mask(StepDraws(seed: 1, step: 5, shard: 3), layer: 1) != first)
        #expect(mask(StepDraws(seed: 2, step: 5, shard: 2), layer: 1) != first)
    }
}
