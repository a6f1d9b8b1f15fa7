import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct Conv2DTests {
    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let activation: FusedActivation = golden.option("relu") == 1 ? .relu : .none
        let stride = Extent2D(height: golden.option("stride_h"), width: golden.option("stride_w"))
        let padding = Extent2D(height: golden.option("padding_h"), width: golden.option("padding_w"))
        let dilation = Extent2D(height: golden.option("dilation_h"), width: golden.option("dilation_w"))
        return { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else {
                preconditionFailure("inputs are missing")
            }
            return conv2d(
                x, weight: weight, bias: variables["bias"], stride: stride, padding: padding,
                dilation: dilation, groups: golden.option("groups"), activation: activation)
        }
    }

    @Test(arguments: GoldenCase.load("conv2d"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x", "weight", "bias"])
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
    }

    @Test(arguments: GoldenCase.load("conv2d"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x", "weight", "bias"])
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), golden.name, body(golden))
    }

    /// Weights that are no parameter have a gradient in their own type.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16), arguments: [true, false], [1, 2])
    func weightsThatAreComputedInBFloat16(hasBias: Bool, uses: Int) {
        var inputs = ["x": filled(Shape(2, 5, 4, 3)), "weight": filled(Shape(6, 3, 3, 3), seed: 2)]
        if hasBias { inputs["bias"] = filled(Shape(6), seed: 3) }
        let upstream = filled(Shape(2, 3, 2, 6), seed: 4)
        let results = [DType.float32, .bfloat16].map { dtype in
            var bench = OperationBench(inputs: inputs, parameterNames: [], pool: StoragePool(poison: 0xFF))
            return bench.run(inputs, upstream: upstream) { _, variables in
                guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
                let kernel = cast(weight, to: dtype)
                let each = (0..<uses).map { _ in
                    cast(conv2d(cast(x, to: dtype), weight: kernel, bias: variables["bias"]), to: .float32)
                }
                return each.count == 1 ? each[0] : each[0] + each[1]
            }.gradients
        }
        for name in inputs.keys {
            guard let wide = results[0][name], let rounded = results[1][name] else { fatalError() }
            expectClose(rounded, wide, "gradient of \(name)", tolerance: 0.02)
        }
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = [
            "x": Tensor(zeros: Shape(0, 5, 5, 3)), "weight": filled(Shape(4, 3, 3, 3)),
            "bias": filled(Shape(4)),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 3, 3, 4))) { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            return conv2d(x, weight: weight, bias: variables["bias"], activation: .relu)
        }
        #expect(result.y.shape == Shape(0, 3, 3, 4))
        #expect(result.gradients["weight"]?.floatArray == [Float](repeating: 0, count: 108))
        #expect(result.gradients["bias"]?.floatArray == [Float](repeating: 0, count: 4))
    }

    /// The cached copy of the weights is kept within a version, and taken again with the next one.
    @Test func weightsArePackedAgainWhenTheVersionChanges() {
        let store = ParameterStore()
        let weight = store.root.parameter("weight", shape: Shape(16, 16, 3, 3), role: .weight) {
            pointer, shape, _ in
            for i in 0..<shape.elementCount { pointer[i] = 1 }
        }
        store.allocate()
        store.initialize(seed: 0)
        let tape = Tape(pool: StoragePool())
        let x = Tensor([Float](repeating: 1, count: 9 * 16), shape: Shape(1, 3, 3, 16))
        func first(version: UInt64) -> Float {
            tape.begin(mode: .inference, parameterVersion: version)
            return conv2d(tape.constant(x), weight: weight).value.floats[0]
        }
        #expect(first(version: 1) == 144)
        for i in 0..<weight.elementCount { weight.value.floats[i] = 2 }
        #expect(first(version: 1) == 144, "within a version the copy is kept")
        #expect(first(version: 2) == 288)
        for i in 0..<weight.elementCount { weight.value.floats[i] = 3 }
        #expect(first(version: 0) == 432, "version 0 says nothing about changes")
        #expect(first(version: 3) == 432)
    }

    /// Whole vectors of channels take other paths inside oneDNN than the golden cases' few.
    @Test(arguments: [(16, 32, 3, 1, 1), (32, 16, 3, 2, 1), (64, 64, 3, 1, 64), (48, 32, 1, 1, 1)])
    func gradientMatchesDifferencesForManyChannels(
        _ channels: Int, _ outputs: Int, _ kernel: Int, _ stride: Int, _ groups: Int
    ) {
        let inputs = [
            "x": filled(Shape(3, 9, 8, channels)), "bias": filled(Shape(outputs)),
            "weight": filled(Shape(outputs, channels / groups, kernel, kernel)),
        ]
        let padding = kernel / 2
        let (height, width) = ((9 - 1) / stride + 1, (8 - 1) / stride + 1)
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: filled(Shape(3, height, width, outputs)), "many channels"
        ) { _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            return conv2d(
                x, weight: weight, bias: variables["bias"], stride: Extent2D(stride),
                padding: Extent2D(padding), groups: groups, activation: .relu)
        }
    }

    /// After the first steps neither the pool nor the operations grow, with shards of two sizes and empty ones.
    @Test func aSteadyStepTakesNothingNewFromThePool() {
        let inputs = ["weight": filled(Shape(16, 3, 3, 3)), "bias": filled(Shape(16))]
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        var counts: [Int] = []
        let shards = [filled(Shape(5, 8, 8, 3)), filled(Shape(4, 8, 8, 3)), Tensor(zeros: Shape(0, 8, 8, 3))]
        for _ in 0..<4 {
            for x in shards {
                let upstream = filled(Shape(x.shape[0], 4, 4, 16))
                _ = bench.run(inputs, upstream: upstream) { tape, variables in
                    guard let weight = variables["weight"] else { fatalError() }
                    let y = conv2d(
                        tape.constant(x), weight: weight, bias: variables["bias"], padding: 1,
                        activation: .relu)
                    return maxPool2d(y, kernel: 2)
                }
            }
            counts.append(bench.tape.pool.allocationCount)
        }
        #expect(counts[1] == counts[3] && counts[2] == counts[3])
    }

    /// A weight that is used twice gets the sum of both gradients.
    @Test func gradientsOfSharedWeightsAdd() {
        let inputs = [
            "x": filled(Shape(2, 4, 4, 3)), "weight": filled(Shape(3, 3, 3, 3)), "bias": filled(Shape(3)),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "bias"])
        bench.expectGradientMatchesDifferences(inputs, upstream: filled(Shape(2, 4, 4, 3)), "twice") {
            _, variables in
            guard let x = variables["x"], let weight = variables["weight"] else { fatalError() }
            let first = conv2d(x, weight: weight, bias: variables["bias"], padding: 1)
            return conv2d(first, weight: weight, bias: variables["bias"], padding: 1)
        }
    }
}
