import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct BatchNormalizationTests {
    private static let names = ["x", "scale", "shift"]

    /// A bench with running statistics for the channels of x, at the path of the root.
    private func bench(_ inputs: [String: Tensor]) -> (OperationBench, RunningStatistics) {
        let channels = inputs["x"]?.shape[-1] ?? 0
        let bench = OperationBench(inputs: inputs, parameterNames: ["scale", "shift"]) { scope in
            _ = scope["norm"].runningStatistics(channels: channels, momentum: 0.1)
        }
        guard let statistics = bench.runningStatistics else { preconditionFailure("no statistics") }
        return (bench, statistics)
    }

    private func body(
        _ statistics: RunningStatistics, _ activation: FusedActivation = .none
    ) -> OperationBench.Body {
        return { _, variables in
            guard let x = variables["x"], let scale = variables["scale"], let shift = variables["shift"]
            else { preconditionFailure("inputs are missing") }
            return batchNorm(x, scale: scale, shift: shift, statistics: statistics, activation: activation)
        }
    }

    private func mode(_ golden: GoldenCase) -> Tape.Mode {
        golden.option("training") == 1 ? .training : .inference
    }

    private func activation(_ golden: GoldenCase) -> FusedActivation {
        golden.option("relu") == 1 ? .relu : .none
    }

    @Test(arguments: GoldenCase.load("batch_norm"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var (bench, statistics) = bench(inputs)
        let channels = statistics.channels
        let (mean, variance) = (golden.tensor("running_mean"), golden.tensor("running_var"))
        statistics.mean.update(from: mean.floats, count: channels)
        statistics.variance.update(from: variance.floats, count: channels)
        for _ in 0..<2 {
            let result = bench.run(
                inputs, upstream: golden.tensor("upstream"), mode: mode(golden),
                body(statistics, activation(golden)))
            expectClose(result.y, golden.tensor("y"), "y")
            for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
        }
        #expect(bench.tape.failure == nil)
        bench.store.updateStatistics(from: bench.statistics.floats)
        mean.floats.update(from: statistics.mean, count: channels)
        expectClose(mean, golden.tensor("new_running_mean"), "running mean")
        variance.floats.update(from: statistics.variance, count: channels)
        expectClose(variance, golden.tensor("new_running_var"), "running variance")
        #expect(statistics.batchesTracked.pointee == (mode(golden) == .training ? 1 : 0))
    }

    @Test(arguments: GoldenCase.load("batch_norm"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var (bench, statistics) = bench(inputs)
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), mode: mode(golden), step: 3e-3, golden.name,
            body(statistics, activation(golden)))
    }

    @Test func sumsOfTwoUsesAdd() {
        let inputs = [
            "x": filled(Shape(4, 2, 2, 3)), "scale": filled(Shape(3)), "shift": filled(Shape(3)),
        ]
        var (bench, statistics) = bench(inputs)
        let once = bench.run(inputs, upstream: filled(Shape(4, 2, 2, 3)), body(statistics))
        let single = bench.statistics.floatArray
        #expect(once.y.shape == Shape(4, 2, 2, 3))
        _ = bench.run(inputs, upstream: filled(Shape(4, 2, 2, 3))) { tape, variables in
            _ = body(statistics)(tape, variables)
            return body(statistics)(tape, variables)
        }
        let offset = statistics.statisticsOffset
        #expect(single[offset + 6] == 16)
        for i in 0..<statistics.statisticsCount {
            #expect(bench.statistics.floats[offset + i] == 2 * single[offset + i])
        }
    }

    @Test func oneValuePerChannelIsAnErrorOfTheData() {
        let inputs = ["x": filled(Shape(1, 3)), "scale": filled(Shape(3)), "shift": filled(Shape(3))]
        var (bench, statistics) = bench(inputs)
        _ = bench.run(inputs, upstream: filled(Shape(1, 3)), body(statistics))
        let error = bench.tape.failure as? BatchNormalizationError
        #expect(error?.path == "norm")
        #expect(error?.description.contains("one value per channel") == true)
        #expect(bench.statistics.floatArray.allSatisfy { $0 == 0 })
        _ = bench.run(inputs, upstream: filled(Shape(1, 3)), mode: .inference, body(statistics))
        #expect(bench.tape.failure == nil, "inference needs no variance of the shard")
    }

    @Test func anEmptyShardAddsNothing() {
        let inputs = [
            "x": Tensor(zeros: Shape(0, 2, 2, 3)), "scale": filled(Shape(3)), "shift": filled(Shape(3)),
        ]
        var (bench, statistics) = bench(inputs)
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 2, 2, 3)), body(statistics))
        #expect(bench.tape.failure == nil)
        #expect(result.y.shape == Shape(0, 2, 2, 3))
        #expect(result.gradients["scale"]?.floatArray == [0, 0, 0])
        #expect(result.gradients["shift"]?.floatArray == [0, 0, 0])
        #expect(bench.statistics.floatArray.allSatisfy { $0 == 0 })
    }
}
