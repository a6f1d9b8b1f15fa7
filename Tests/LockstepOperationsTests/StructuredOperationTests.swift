import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Products, enlarged images, transposed and 1-D convolutions, indexing, normalizations and attention between
/// sequences, against PyTorch and against differences.
@Suite struct StructuredOperationTests {
    private static let names = ["x", "z", "value", "weight", "bias"]
    private static let parameterNames = ["weight", "bias"]

    private static func integers(_ values: [Int32], _ shape: Shape) -> Tensor { Tensor(values, shape: shape) }
    private static var ids: Tensor { integers([3, 1, 3, 0], Shape(4)) }
    private static var elements: Tensor { integers([4, 0, 1, 4, 2, 1], Shape(2, 3)) }
    private static var segments: Tensor { integers([2, 0, 2, 2, 4], Shape(5)) }
    private static var lengths: Tensor { integers([7, 2, 5], Shape(3)) }

    /// The inputs of a case by name, traps on a missing one.
    private struct Inputs {
        let variables: [String: Variable]

        subscript(_ name: String) -> Variable {
            guard let variable = variables[name] else { preconditionFailure("no input \(name)") }
            return variable
        }
    }

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in
            let kind = golden.option("kind")
            let inputs = Inputs(variables: variables)
            return kind < 30 ? Self.product(kind, inputs) : Self.other(kind, inputs)
        }
    }

    private static func product(_ kind: Int, _ inputs: Inputs) -> Variable {
        let x = inputs["x"]
        switch kind {
        case 0: return matmul(x, inputs["z"])
        case 1: return matmul(x, inputs["z"], transposeA: true)
        case 2: return matmul(x, inputs["z"], transposeB: true)
        case 3: return matmul(x, inputs["z"], transposeA: true, transposeB: true)
        case 10: return upsample2d(x, by: 2)
        case 11: return upsample2d(x, to: Extent2D(height: 7, width: 3))
        case 12: return upsample2d(x, by: 2, .bilinear())
        case 13: return upsample2d(x, to: Extent2D(height: 7, width: 3), .bilinear())
        case 14: return upsample2d(x, to: Extent2D(height: 7, width: 9), .bilinear(alignCorners: true))
        default: return transposedConvolution(kind, x, inputs["weight"], inputs.variables["bias"])
        }
    }

    private static func transposedConvolution(
        _ kind: Int, _ x: Variable, _ weight: Variable, _ bias: Variable?
    ) -> Variable {
        switch kind {
        case 20: convTranspose2d(x, weight: weight, bias: bias)
        case 21: convTranspose2d(x, weight: weight, bias: bias, stride: 2, padding: 1, outputPadding: 1)
        case 22:
            convTranspose2d(
                x, weight: weight, stride: Extent2D(height: 2, width: 3),
                padding: Extent2D(height: 1, width: 0))
        case 23: convTranspose2d(x, weight: weight, bias: bias, stride: 2, groups: 2)
        case 24: convTranspose2d(x, weight: weight, padding: 1, dilation: 2)
        default: convTranspose2d(x, weight: weight, bias: bias, stride: 2, padding: 1)
        }
    }

    private static func other(_ kind: Int, _ inputs: Inputs) -> Variable {
        let x = inputs["x"]
        switch kind {
        case 30: return conv1d(x, weight: inputs["weight"], bias: inputs["bias"])
        case 31:
            return conv1d(
                x, weight: inputs["weight"], bias: inputs["bias"], stride: 2, padding: 2, dilation: 2,
                groups: 2)
        case 32: return maxPool1d(x, kernel: 3, stride: 2, padding: 1)
        case 33: return averagePool1d(x, kernel: 3)
        case 40: return indexSelect(x, ids)
        case 41: return indexSelect(x, ids, axis: -1)
        case 42: return segmentSum(x, segments, segments: 6)
        case 43: return gather(x, elements, axis: 0)
        case 44: return gather(x, elements, axis: -1)
        case 45: return scatterAdd(x, elements, entries: 5, axis: 0)
        case 46: return segmentMean(x, segments, segments: 6)
        case 47: return segmentMax(x, segments, segments: 6)
        case 50, 51:
            return groupNorm(x, groups: kind == 50 ? 3 : 1, scale: inputs["weight"], shift: inputs["bias"])
        case 52: return groupNorm(x, groups: 2)
        case 53: return groupNorm(x, groups: x.shape[-1], scale: inputs["weight"], shift: inputs["bias"])
        case 54: return instanceNorm(x)
        case 55: return rmsNorm(x, scale: inputs["weight"])
        case 60: return rotary(x)
        case 61: return rotary(x, pairs: .interleaved)
        case 62: return rotary(x, dimensions: 4, base: 100, firstStep: 3)
        case 66: return unitRows(x)
        default:
            return attention(
                queries: x, keys: inputs["z"], values: inputs["value"], heads: 2, isCausal: kind == 65,
                lengths: kind == 64 ? lengths : nil)
        }
    }

    @Test(arguments: GoldenCase.load("structured"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        for parameters in [Self.parameterNames, []] {
            var bench = OperationBench(inputs: inputs, parameterNames: parameters)
            for _ in 0..<2 {
                let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
                expectClose(result.y, golden.tensor("y"), "y of \(golden.name)")
                for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
            }
        }
    }

    @Test(arguments: GoldenCase.load("structured"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: Self.parameterNames)
        // A small step keeps a maximum where it is.
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"),
            step: [32, 47].contains(golden.option("kind")) ? 1e-3 : 1e-2,
            golden.name, body(golden))
    }

    /// In bfloat16 the same up to its rounding; parameters are float32 here, as in normalizations and biases.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16), arguments: GoldenCase.load("structured"))
    func bfloat16IsCloseToPyTorch(_ golden: GoldenCase) {
        let kind = golden.option("kind")
        // Numbers that are equal after rounding have their maximum elsewhere.
        guard kind != 32, kind != 47 else { return }
        let inputs = golden.inputs(Self.names)
        let isConvolution = (20..<30).contains(kind)
        var bench = OperationBench(inputs: inputs, parameterNames: Self.parameterNames)
        for _ in 0..<2 {
            let result = bench.run(inputs, upstream: golden.tensor("upstream")) { tape, variables in
                var rounded = variables
                for name in ["x", "z", "value"] + (isConvolution ? ["weight"] : []) {
                    rounded[name] = variables[name].map { cast($0, to: .bfloat16) }
                }
                return cast(body(golden)(tape, rounded), to: .float32)
            }
            expectClose(result.y, golden.tensor("y"), "y of \(golden.name)", tolerance: 0.02)
            for name in inputs.keys {
                guard let gradient = result.gradients[name] else {
                    Issue.record("no gradient of \(name)")
                    continue
                }
                expectClose(gradient, golden.tensor("d_" + name), "gradient of \(name)", tolerance: 0.03)
            }
        }
    }

    @Test func anEmptyShardContributesZeros() {
        let inputs = [
            "x": Tensor(zeros: Shape(0, 4, 4, 6)), "weight": filled(Shape(6, 6, 2, 2)),
            "scale": filled(Shape(6)),
            "shift": filled(Shape(6)), "kernel": filled(Shape(6, 6, 3)),
        ]
        var bench = OperationBench(inputs: inputs, parameterNames: ["weight", "scale", "shift", "kernel"])
        let result = bench.run(inputs, upstream: Tensor(zeros: Shape(0, 64, 6))) { _, variables in
            let inputs = Inputs(variables: variables)
            var y = groupNorm(inputs["x"], groups: 2, scale: inputs["scale"], shift: inputs["shift"])
            y = convTranspose2d(y, weight: inputs["weight"], stride: 2)
            y = instanceNorm(upsample2d(rmsNorm(y, scale: inputs["scale"]), to: 8, .bilinear()))
            var rows = reshape(y, to: Shape(0, 64, 6))
            rows = conv1d(rows, weight: inputs["kernel"], bias: inputs["shift"], padding: 1)
            rows = attention(queries: rows, keys: rows, values: rows, heads: 3)
            let turned = rotary(reshape(rows, to: Shape(0, 64, 1, 6)))
            return matmul(
                reshape(turned, to: Shape(0, 64, 6)), reshape(inputs["weight"], to: Shape(6, 24))[0..<6])
        }
        for name in ["weight", "scale", "shift", "kernel"] {
            #expect(result.gradients[name]?.floatArray.allSatisfy { $0 == 0 } == true, "\(name)")
        }
    }

    /// Heads that are not rotated stay as they are, forwards and backwards.
    @Test(arguments: [RotaryPairs.halves, .interleaved]) func rotaryOfTheFirstHeads(_ pairs: RotaryPairs) {
        let shape = Shape(2, 5, 3, 4)
        let (x, upstream) = (filled(shape), filled(shape))
        func run(_ heads: Int) -> (y: [Float], gradient: [Float]) {
            var bench = OperationBench(inputs: ["x": x], parameterNames: [])
            let result = bench.run(["x": x], upstream: upstream) { _, variables in
                rotary(Inputs(variables: variables)["x"], pairs: pairs, heads: heads)
            }
            return (result.y.floatArray, result.gradients["x"]?.floatArray ?? [])
        }
        let (all, two) = (run(3), run(2))
        #expect(all.y != two.y)
        for i in 0..<shape.elementCount {
            let isTurned = i / 4 % 3 < 2
            #expect(two.y[i] == (isTurned ? all.y[i] : x.floats[i]))
            #expect(two.gradient[i] == (isTurned ? all.gradient[i] : upstream.floats[i]))
        }
    }

    @Test func segmentsWithoutRowsAreZero() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor(zeros: Shape(0, 2)))
        let none = Tensor(zeros: Shape(0), dtype: .int32)
        for y in [
            segmentSum(x, none, segments: 3), segmentMean(x, none, segments: 3),
            segmentMax(x, none, segments: 3),
        ] {
            #expect(y.value.floatArray == [Float](repeating: 0, count: 6))
        }
        tape.backward(from: sum(segmentMax(x, none, segments: 3)))
        #expect(tape.gradient(of: x)?.elementCount == 0)
    }

    @Test func indicesOutsideAreReported() {
        let tape = Tape(pool: StoragePool())
        let bad = Self.integers([0, 7, -1], Shape(3))
        let bodies: [(Variable) -> Variable] = [
            { indexSelect($0, bad) }, { segmentSum($0, bad, segments: 5) },
            { segmentMean($0, bad, segments: 5) },
            { segmentMax($0, bad, segments: 5) }, { gather($0, reshaped(bad, 3, 1), axis: 0) },
            { scatterAdd($0, reshaped(bad, 3, 1), entries: 5, axis: 0) },
        ]
        func reshaped(_ ids: Tensor, _ a: Int, _ b: Int) -> Tensor { ids.reshaped(to: Shape(a, b)) }
        for body in bodies {
            tape.begin(mode: .training)
            let x = tape.input(filled(Shape(3, 1)))
            let y = body(x)
            let extent = y.shape[0] == 5 ? 5 : 3
            let error = tape.failure as? IndexError
            #expect(error?.index == 7 && error?.extent == extent && error?.place == 1)
            tape.backward(from: sum(y))
            // What was outside got no gradient.
            #expect(tape.gradient(of: x)?.floatArray.reduce(0, +) == 1)
        }
    }

    @Test(arguments: [
        (0, 40), (0, 46), (0, 47), (4, 50), (4, 52), (4, 55), (4, 60), (4, 12), (4, 10), (4, 100),
    ])
    func notANumberPasses(_ rank: Int, _ kind: Int) {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let shape = rank == 0 ? Shape(5, 3) : Shape(1, 2, 2, 6)
        let values = filled(shape)
        values.floats[0] = .nan
        values.floats[rank == 0 ? 9 : 23] = .nan
        let x = tape.input(values)
        let scale = tape.constant(filled(Shape(6)))
        let y =
            kind == 100
            ? maskedSoftmax(x, isCausal: true)
            : kind < 30
                ? Self.product(kind, Inputs(variables: ["x": x]))
                : Self.other(kind, Inputs(variables: ["x": x, "weight": scale, "bias": scale]))
        #expect(y.value.floatArray.contains { $0.isNaN })
        tape.backward(from: sum(y * y))
        #expect(tape.gradient(of: x)?.floatArray.contains { $0.isNaN } == true)
    }

    /// A query that sees no key gives 0 and sends no gradient.
    @Test func aQueryWithoutKeysGivesZero() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let (q, k) = (tape.input(filled(Shape(2, 3, 4))), tape.input(filled(Shape(2, 5, 4), seed: 2)))
        let lengths = Self.integers([0, 2], Shape(2))
        let y = attention(queries: q, keys: k, values: k, heads: 2, lengths: lengths)
        #expect(y.value.floatArray[0..<12].allSatisfy { $0 == 0 })
        #expect(y.value.floatArray[12...].allSatisfy { $0 != 0 })
        tape.backward(from: sum(y * y))
        let gradient = tape.gradient(of: k)?.floatArray ?? []
        #expect(gradient[0..<20].allSatisfy { $0 == 0 })
        #expect(gradient[20..<28].allSatisfy { $0 != 0 } && gradient[28...].allSatisfy { $0 == 0 })
    }

    /// A length that cannot be is reported, not cut to what can be.
    @Test(arguments: [[-1, 2], [6, 2], [5, 6], [3, Int32.min]] as [[Int32]])
    func lengthsThatCannotBe(_ lengths: [Int32]) throws {
        let bad = try #require(lengths.firstIndex { !(0...5).contains($0) })
        for operation in ["maskedSoftmax", "attention"] {
            let tape = Tape(pool: StoragePool())
            tape.begin(mode: .training)
            let (q, k) = (tape.input(filled(Shape(2, 3, 4))), tape.input(filled(Shape(2, 5, 4), seed: 2)))
            let tensor = Self.integers(lengths, Shape(2))
            let y =
                operation == "attention"
                ? attention(queries: q, keys: k, values: k, heads: 2, lengths: tensor)
                : maskedSoftmax(tape.input(filled(Shape(2, 1, 3, 5))), lengths: tensor)
            tape.backward(from: sum(y * y))
            let error = try #require(tape.failure as? LengthError)
            #expect(error.operation == operation && error.sample == bad && error.steps == 5)
            #expect(error.length == Int(lengths[bad]))
            #expect(
                error.description
                    == "\(operation): sample \(bad) has length \(lengths[bad]), and 5 steps with padding")
        }
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = tape.constant(filled(Shape(2, 1, 3, 5)))
        _ = maskedSoftmax(x, lengths: Self.integers([0, 5], Shape(2)))
        #expect(tape.failure == nil)
    }

    /// Transposed convolutions of small images, also where padding cuts most of the result away: whatever was
    /// in memory, gradients are those of float32, and exactly zero where those are.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16), arguments: [(1, 1), (3, 1), (16, 1), (16, 2), (16, 16)])
    func transposedConvolutionsOfSmallImages(_ channels: Int, _ groups: Int) {
        func extent(_ x: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> Int {
            (x - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
        }
        for (height, width) in [(1, 1), (1, 2), (2, 1), (2, 3), (3, 2)] {
            for (kernel, stride) in [1, 2, 3, 4, 5].flatMap({ kernel in [1, 2, 3].map { (kernel, $0) } }) {
                for (padding, dilation) in (0...kernel).flatMap({ padding in [1, 2].map { (padding, $0) } }) {
                    let output = [height, width].map { extent($0, kernel, stride, padding, dilation) }
                    guard output.allSatisfy({ $0 > 0 }) else { continue }
                    let inputs = [
                        "x": filled(Shape(2, height, width, channels)),
                        "weight": filled(Shape(channels, channels / groups, kernel, kernel), seed: 2),
                    ]
                    let upstream = filled(Shape(2, output[0], output[1], channels), seed: 3)
                    func gradients(_ precision: Precision) -> [String: Tensor] {
                        var bench = OperationBench(
                            inputs: inputs, parameterNames: ["weight"], precision: precision,
                            pool: StoragePool(poison: 0xFF))
                        return bench.run(inputs, upstream: upstream) { _, variables in
                            let y = convTranspose2d(
                                Inputs(variables: variables)["x"],
                                weight: Inputs(variables: variables)["weight"],
                                stride: Extent2D(stride), padding: Extent2D(padding),
                                dilation: Extent2D(dilation), groups: groups)
                            return cast(y, to: .float32)
                        }.gradients
                    }
                    let (expected, actual) = (gradients(.float32), gradients(.bfloat16))
                    let what =
                        "\(height)x\(width), kernel \(kernel), stride \(stride), padding \(padding), \(dilation)"
                    for name in inputs.keys {
                        guard let wide = expected[name], let rounded = actual[name] else { fatalError() }
                        expectClose(rounded, wide, "gradient of \(name), \(what)", tolerance: 0.02)
                        let differs = zip(wide.floatArray, rounded.floatArray).contains { $0 == 0 && $1 != 0 }
                        #expect(!differs, "zeros in the gradient of \(name), \(what)")
                    }
                }
            }
        }
    }

    /// Taps that see padding only have the gradient 0, not what was in memory. (Extents of x and of the
    /// kernel, padding 1.)
    @Test(
        .enabled(if: ComputeLibrary.hasBFloat16),
        arguments: [(1, 1, 3), (1, 2, 3), (3, 1, 3), (1, 1, 4), (2, 1, 4), (3, 1, 5)], [1, 16])
    func tapsBesideTheImageGetZeros(_ extents: (Int, Int, Int), _ channels: Int) {
        let (height, width, kernel) = extents
        let inputs = [
            "x": filled(Shape(2, height, width, channels)),
            "weight": filled(Shape(channels, channels, kernel, kernel)),
        ]
        let upstream = filled(Shape(2, 2 * height - 4 + kernel, 2 * width - 4 + kernel, channels))
        var results: [[Float]] = []
        for dtype in [DType.float32, .bfloat16] {
            var bench = OperationBench(inputs: inputs, parameterNames: ["weight"])
            // What the pool hands out holds garbage, as after other work.
            for power in 4..<16 {
                let garbage = (0..<8).map { bench.tape.pool.tensor(Shape((8 + $0) << power)) }
                for tensor in garbage { for i in 0..<tensor.elementCount { tensor.floats[i] = 1e9 } }
            }
            let result = bench.run(inputs, upstream: upstream) { _, variables in
                let inputs = Inputs(variables: variables)
                let y = convTranspose2d(
                    cast(inputs["x"], to: dtype), weight: cast(inputs["weight"], to: dtype), stride: 2,
                    padding: 1)
                return cast(y, to: .float32)
            }
            results.append(result.gradients["weight"]?.floatArray ?? [])
        }
        let scale = results[0].map { abs($0) }.max() ?? 0
        #expect(zip(results[0], results[1]).allSatisfy { abs($0 - $1) <= 0.02 * scale })
        #expect(results[0].contains(0) && zip(results[0], results[1]).allSatisfy { $0 != 0 || $1 == 0 })
    }
}

extension Variable {
    /// Rows of the first dimension, as a slice.
    fileprivate subscript(rows: Range<Int>) -> Variable { slice(self, axis: 0, rows) }
}
