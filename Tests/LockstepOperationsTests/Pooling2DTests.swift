import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct Pooling2DTests {
    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let kernel = Extent2D(height: golden.option("kernel_h"), width: golden.option("kernel_w"))
        let stride = Extent2D(height: golden.option("stride_h"), width: golden.option("stride_w"))
        let padding = Extent2D(height: golden.option("padding_h"), width: golden.option("padding_w"))
        return { _, variables in
            guard let x = variables["x"] else { preconditionFailure("x is missing") }
            switch golden.option("kind") {
            case 0: return maxPool2d(x, kernel: kernel, stride: stride, padding: padding)
            case 1: return averagePool2d(x, kernel: kernel, stride: stride, padding: padding)
            case 2:
                return averagePool2d(
                    x, kernel: kernel, stride: stride, padding: padding, countsPadding: false)
            default: return globalAveragePool2d(x)
            }
        }
    }

    @Test(arguments: GoldenCase.load("pooling"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["x"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            golden.expectGradient(result.gradients["x"], "x")
        }
    }

    @Test(arguments: GoldenCase.load("pooling"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        var inputs = golden.inputs(["x"])
        // Maxima of the golden cases may be equal; differences need distinct ones.
        inputs["x"] = filled(golden.tensor("x").shape)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        let isMaximum = golden.option("kind") == 0
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), step: isMaximum ? 1e-4 : 1e-2, golden.name,
            body(golden))
    }

    @Test func theStrideIsTheKernelWhereNoneIsGiven() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = tape.constant(filled(Shape(1, 6, 7, 2)))
        #expect(maxPool2d(x, kernel: 2).shape == Shape(1, 3, 3, 2))
        #expect(averagePool2d(x, kernel: 3).shape == Shape(1, 2, 2, 2))
        #expect(
            averagePool2d(x, kernel: Extent2D(height: 2, width: 3), stride: 1).shape == Shape(1, 5, 5, 2))
    }

    @Test func anEmptyShardGivesAnEmptyResult() {
        let inputs = ["x": Tensor(zeros: Shape(0, 4, 4, 3))]
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        let pooled = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 2, 2, 3))) { _, variables in
            guard let x = variables["x"] else { fatalError() }
            return maxPool2d(x, kernel: 2)
        }
        #expect(pooled.y.shape == Shape(0, 2, 2, 3))
        let global = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 3))) { _, variables in
            guard let x = variables["x"] else { fatalError() }
            return globalAveragePool2d(x)
        }
        #expect(global.y.shape == Shape(0, 3))
        #expect(global.gradients["x"]?.shape == Shape(0, 4, 4, 3))
    }
}
