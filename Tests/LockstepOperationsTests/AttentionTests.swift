import Foundation
import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

@Suite struct AttentionTests {
    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        let lengths: [Int32] = (0..<8).compactMap { golden.options["length \($0)"].map(Int32.init) }
        let tensor = lengths.isEmpty ? nil : Tensor(lengths, shape: Shape(lengths.count))
        return { _, variables in
            guard let qkv = variables["qkv"] else { preconditionFailure("inputs are missing") }
            return attention(
                qkv, heads: golden.option("heads"), isCausal: golden.option("causal") == 1, lengths: tensor)
        }
    }

    @Test(arguments: GoldenCase.load("attention"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["qkv"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
            expectClose(result.y, golden.tensor("y"), "y")
            golden.expectGradient(result.gradients["qkv"], "qkv")
        }
    }

    /// In bfloat16 the same up to its rounding, 2^-9 at each of a few steps; padding and the future stay
    /// without influence.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16), arguments: GoldenCase.load("attention"))
    func bfloat16IsCloseToPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(["qkv"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream")) { tape, variables in
                guard let qkv = variables["qkv"] else { preconditionFailure("inputs are missing") }
                let y = body(golden)(tape, ["qkv": cast(qkv, to: .bfloat16)])
                #expect(y.value.dtype == .bfloat16)
                return cast(y, to: .float32)
            }
            expectClose(result.y, golden.tensor("y"), "y", tolerance: 0.01)
            guard let gradient = result.gradients["qkv"] else {
                Issue.record("no gradient")
                return
            }
            let expected = golden.tensor("d_qkv")
            expectClose(gradient, expected, "gradient", tolerance: 0.02)
            // Padded steps have a zero gradient.
            for index in 0..<expected.elementCount where expected.floats[index] == 0 {
                #expect(gradient.floats[index] == 0, "element \(index)")
            }
        }
    }

    /// Shapes that fill neither tiles nor vectors nor pairs of bfloat16, and a mask over several tiles.
    private static let shapes = [(1, 1), (3, 2), (6, 3), (17, 33), (150, 4)]

    private func plain(
        _ qkv: Tensor, heads: Int, dimension: Int, isCausal: Bool, lengths: [Int32]
    ) -> Tensor {
        let (samples, steps, width) = (qkv.shape[0], qkv.shape[1], heads * dimension)
        func number(_ sample: Int, _ step: Int, _ column: Int) -> Double {
            Double(qkv.floats[(sample * steps + step) * 3 * width + column])
        }
        let expected = Tensor(zeros: Shape(samples, steps, width))
        for sample in 0..<samples {
            for (head, step) in (0..<heads).flatMap({ head in (0..<steps).map { (head, $0) } }) {
                let first = head * dimension
                let seen = min(isCausal ? step + 1 : steps, lengths.isEmpty ? steps : Int(lengths[sample]))
                let weights = (0..<seen).map { key in
                    exp(
                        (0..<dimension).reduce(0) {
                            $0 + number(sample, step, first + $1) * number(sample, key, width + first + $1)
                        } / Double(dimension).squareRoot())
                }
                let total = weights.reduce(0, +)
                for d in 0..<dimension {
                    let sum = (0..<seen).reduce(0) {
                        $0 + weights[$1] * number(sample, $1, 2 * width + first + d)
                    }
                    expected.floats[(sample * steps + step) * width + first + d] = Float(sum / total)
                }
            }
        }
        return expected
    }

    @Test(arguments: shapes, [true, false])
    func anyShapeFollowsPlainLoops(_ shape: (steps: Int, dimension: Int), _ isCausal: Bool) throws {
        let (samples, heads, steps) = (2, 3, shape.steps)
        let inputs = ["qkv": filled(Shape(samples, steps, 3 * heads * shape.dimension))]
        let upstream = filled(Shape(samples, steps, heads * shape.dimension))
        for lengths in [[], [Int32(steps), Int32((steps + 1) / 2)]] {
            let tensor = lengths.isEmpty ? nil : Tensor(lengths, shape: Shape(samples))
            func body(_ dtype: DType) -> OperationBench.Body {
                { _, variables in
                    guard let qkv = variables["qkv"] else { preconditionFailure("inputs are missing") }
                    let y = attention(
                        cast(qkv, to: dtype), heads: heads, isCausal: isCausal, lengths: tensor)
                    return cast(y, to: .float32)
                }
            }
            var bench = OperationBench(inputs: inputs, parameterNames: [])
            let result = bench.run(inputs, upstream: upstream, body(.float32))
            let expected = plain(
                try #require(inputs["qkv"]), heads: heads, dimension: shape.dimension, isCausal: isCausal,
                lengths: lengths)
            expectClose(result.y, expected, "y")
            if steps < 100 || lengths.isEmpty {
                bench.expectGradientMatchesDifferences(
                    inputs, upstream: upstream, "any shape", body(.float32))
            }
            guard ComputeLibrary.hasBFloat16 else { continue }
            var rounded = OperationBench(inputs: inputs, parameterNames: [])
            let other = rounded.run(inputs, upstream: upstream, body(.bfloat16))
            expectClose(other.y, expected, "y in bfloat16", tolerance: 0.02)
            expectClose(
                try #require(other.gradients["qkv"]), try #require(result.gradients["qkv"]),
                "gradient in bfloat16", tolerance: 0.03)
        }
    }

    /// Heads are shared out among threads; each is computed by one.
    @Test func threadsGiveTheSameBits() throws {
        let inputs = ["qkv": filled(Shape(2, 40, 3 * 24))]
        let upstream = filled(Shape(2, 40, 24))
        func run(_ threads: Int) throws -> (y: [Float], gradient: [Float]) {
            #expect(ComputeThreads.set(threads))
            defer { ComputeThreads.set(1) }
            var bench = OperationBench(inputs: inputs, parameterNames: [])
            let result = bench.run(inputs, upstream: upstream) { _, variables in
                guard let qkv = variables["qkv"] else { preconditionFailure("inputs are missing") }
                return attention(qkv, heads: 4, isCausal: true)
            }
            return (result.y.floatArray, try #require(result.gradients["qkv"]).floatArray)
        }
        let one = try run(1)
        for threads in [2, 3, 100] {
            let other = try run(threads)
            #expect(other.y == one.y && other.gradient == one.gradient, "\(threads) threads")
        }
    }

    @Test(arguments: GoldenCase.load("attention"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(["qkv"])
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), golden.name, body(golden))
    }

    /// What comes later, or is padding, has no influence at all.
    @Test func unseenStepsDoNotMatter() {
        let shape = Shape(2, 9, 24)
        let first = filled(shape)
        let second = filled(shape)
        for row in 0..<2 {
            for step in 5..<9 {
                for i in 0..<24 { second.floats[(row * 9 + step) * 24 + i] = Float(100 * row + step - i) }
            }
        }
        for lengths in [nil, Tensor([Int32(5), 5], shape: Shape(2))] {
            let outputs = [first, second].map { qkv in
                var bench = OperationBench(inputs: ["qkv": qkv], parameterNames: [])
                return bench.output(["qkv": qkv]) { _, variables in
                    guard let qkv = variables["qkv"] else { fatalError() }
                    return attention(qkv, heads: 2, isCausal: lengths == nil, lengths: lengths)
                }
            }
            for row in 0..<2 {
                for i in 0..<5 * 8 {
                    #expect(outputs[0].floats[row * 9 * 8 + i] == outputs[1].floats[row * 9 * 8 + i])
                }
            }
        }
    }

    /// Groups of heads with the same keys and values have the bits of as many copies of them; the gradient of a copy goes
    /// to the shared ones in the order of the heads.
    @Test(arguments: [1, 2, 6], [true, false]) func groupsShareKeysAndValues(
        _ keyHeads: Int, _ isCausal: Bool
    ) {
        let (samples, steps, heads, dimension) = (2, 19, 6, 5)
        let group = heads / keyHeads
        let qkv = filled(Shape(samples, steps, (heads + 2 * keyHeads) * dimension))
        let copies = Tensor(zeros: Shape(samples, steps, 3 * heads * dimension))
        /// The head of the shared tensor that each head of the other one is.
        let sources = (0..<heads).map { $0 } + (0..<2 * heads).map { heads + $0 / group }
        func each(_ body: (_ copy: Int, _ shared: Int, _ head: Int) -> Void) {
            for row in 0..<samples * steps {
                for (head, source) in sources.enumerated() {
                    for d in 0..<dimension {
                        body(
                            (row * 3 * heads + head) * dimension + d,
                            (row * (heads + 2 * keyHeads) + source) * dimension + d, head)
                    }
                }
            }
        }
        each { copy, shared, _ in copies.floats[copy] = qkv.floats[shared] }
        func run(_ qkv: Tensor, _ keyHeads: Int) -> (y: [Float], gradient: Tensor) {
            var bench = OperationBench(inputs: ["qkv": qkv], parameterNames: [])
            let result = bench.run(
                ["qkv": qkv], upstream: filled(Shape(samples, steps, heads * dimension))
            ) { _, variables in
                guard let qkv = variables["qkv"] else { fatalError() }
                return attention(qkv, heads: heads, keyHeads: keyHeads, isCausal: isCausal)
            }
            guard let gradient = result.gradients["qkv"] else { preconditionFailure("no gradient") }
            return (result.y.floatArray, gradient)
        }
        let (grouped, plain) = (run(qkv, keyHeads), run(copies, heads))
        #expect(grouped.y == plain.y)
        let expected = Tensor(zeros: qkv.shape)
        each { copy, shared, head in
            let isFirst = head < heads || (head - heads) % group == 0
            expected.floats[shared] =
                isFirst ? plain.gradient.floats[copy] : expected.floats[shared] + plain.gradient.floats[copy]
        }
        #expect(grouped.gradient.floatArray == expected.floatArray)
    }

    @Test func aSampleWithoutStepsGivesZeros() {
        let qkv = filled(Shape(1, 3, 12))
        var bench = OperationBench(inputs: ["qkv": qkv], parameterNames: [])
        let result = bench.run(["qkv": qkv], upstream: filled(Shape(1, 3, 4))) { _, variables in
            guard let qkv = variables["qkv"] else { fatalError() }
            return attention(qkv, heads: 2, isCausal: false, lengths: Tensor([Int32(0)], shape: Shape(1)))
        }
        #expect(result.y.floatArray.allSatisfy { $0 == 0 })
        #expect(result.gradients["qkv"]?.floatArray.allSatisfy { $0 == 0 } == true)
    }

    @Test func anEmptyShardContributesNothing() {
        var bench = OperationBench(inputs: ["qkv": Tensor(zeros: Shape(0, 3, 12))], parameterNames: [])
        let result = bench.run(
            ["qkv": Tensor(zeros: Shape(0, 3, 12))], upstream: Tensor(zeros: Shape(0, 3, 4))
        ) { _, variables in
            guard let qkv = variables["qkv"] else { fatalError() }
            return attention(qkv, heads: 2, isCausal: true)
        }
        #expect(result.y.shape == Shape(0, 3, 4))
    }
}
