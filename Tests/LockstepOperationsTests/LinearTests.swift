import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct LinearTests {
    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let activation: FusedActivation = golden.option("relu") == 1 ? .relu : .none
        return { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else {
                preconditionFailure("inputs are missing")
            }
            return linear(x, weight: weight, bias: variables["bias"], activation: activation)
        }
    }

    @Test(arguments: GoldenCase.load("linear"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x", "weight", "bias"])
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        // The second pass runs on the objects of the first one.
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
    }

    @Test(arguments: GoldenCase.load("linear"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x", "weight", "bias"])
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), golden.name, body(golden))
    }

    @Test func anEmptyShardContributesZeros() {
        for shape in [Shape(0, 6), Shape(2, 0, 6), Shape(0, 1, 2, 3)] {
            let inputs = ["x": Tensor(zeros: shape), "weight": filled(Shape(4, 6)), "bias": filled(Shape(4))]
            var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
            let outputShape = shape.rank == 3 ? Shape(2, 0, 4) : Shape(0, 4)
            let result = bench.run(inputs, upstream: Tensor(zeros: outputShape)) { _, variables in
                guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
                return linear(x, weight: weight, bias: variables["bias"], activation: .relu)
            }
            #expect(result.y.shape == outputShape)
            #expect(result.gradients["weight"]?.floatArray == [Float](repeating: 0, count: 24))
            #expect(result.gradients["bias"]?.floatArray == [Float](repeating: 0, count: 4))
            #expect(result.gradients["x"]?.elementCount == 0)
        }
    }

    /// A weight that is used twice gets the sum of both gradients, and a frozen bias none.
    @Test func gradientsOfSharedWeightsAdd() {
        let inputs = ["x": filled(Shape(3, 5)), "weight": filled(Shape(5, 5)), "bias": filled(Shape(5))]
        let upstream = filled(Shape(3, 5))
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        bench.expectGradientMatchesDifferences(inputs, upstream: upstream, "twice") { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            let first = linear(x, weight: weight, bias: variables["bias"])
            return linear(first, weight: weight, bias: variables["bias"])
        }
        bench.store.layOut { $0.name == "bias" ? nil : 0 }
        bench.store.allocate()
        let result = bench.run(inputs, upstream: upstream) { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            return linear(x, weight: weight, bias: variables["bias"])
        }
        #expect(result.gradients["weight"]?.floatArray.contains { $0.isNaN } == false)
    }

    /// A weight that is not a parameter, such as the result of another operation, has a gradient of its type;
    /// a parameter has float32. A gradient of another width would overwrite adjacent memory, which shows in
    /// the numbers.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16)) func theGradientOfAWeightHasItsType() {
        let (x, weight, upstream) = (filled(Shape(5, 6)), filled(Shape(4, 6)), filled(Shape(5, 4), seed: 2))
        var bench = OperationBench(inputs: ["x": x, "weight": weight], parameterNames: [])
        let wide = bench.run(["x": x, "weight": weight], upstream: upstream) { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            return linear(x, weight: weight)
        }
        let rounded = Tensor(zeros: weight.shape, dtype: .bfloat16)
        rounded.convert(from: weight)
        let inputs = ["x": x, "weight": rounded]
        for _ in 0..<2 {
            let narrow = bench.run(inputs, upstream: upstream) { _, variables in
                guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
                #expect(weight.value.dtype == .bfloat16 && weight.parameter == nil)
                return cast(linear(x, weight: weight), to: .float32)
            }
            guard let gradient = narrow.gradients["weight"], let expected = wide.gradients["weight"] else {
                Issue.record("no gradient of the weight")
                return
            }
            #expect(gradient.dtype == .bfloat16)
            let widened = Tensor(zeros: gradient.shape)
            widened.convert(from: gradient)
            expectClose(widened, expected, "gradient of the weight", tolerance: 0.02)
        }
    }
}
