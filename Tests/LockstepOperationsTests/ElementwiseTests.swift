import Foundation
import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import Testing

/// Elementwise functions, broadcasting, reductions over axes and copies, against PyTorch and against
/// differences.
@Suite struct ElementwiseTests {
    private static let names = ["x", "z"]
    private static var mask: Tensor {
        let mask = Tensor(zeros: Shape(5, 6), dtype: .uint8)
        for i in 0..<30 { mask.bytes[i] = i % 3 == 0 ? 1 : 0 }
        return mask
    }

    private func body(_ golden: GoldenCase) -> OperationBench.Body {
        return { _, variables in
            guard let x = variables["x"] else { preconditionFailure("no input") }
            let z = variables["z"] ?? x
            return ElementwiseTests.apply(golden.option("kind"), x, z)
        }
    }

    private static func apply(_ kind: Int, _ x: Variable, _ z: Variable) -> Variable {
        switch kind {
        case 0: exp(x)
        case 1: log(x)
        case 2: sqrt(x)
        case 3: square(x)
        case 4: abs(x)
        case 5: power(x, exponent: 2.5)
        case 6: power(x, exponent: 3)
        case 7: power(x, exponent: -1)
        case 8: clamp(x, lower: -1.25, upper: 0.75)
        case 9: softplus(x)
        case 10: softplus(x, beta: 2.5)
        case 11: silu(x)
        case 12: -x
        case 13: 2 - (x + 0.5) / 4 + (1.5 + x - 3) + 3 / x
        case 20: x + z
        case 21: x - z
        case 22: x * z
        case 23: x / z
        case 24: maximum(x, z)
        case 25: minimum(x, z)
        case 26: power(x, z)
        case 27: swiglu(gate: x, value: z)
        case 28: select(mask, x, z)
        case 29: select(mask, x, else: -2)
        case 30: x - mean(x, over: -1, keepsDimensions: true)
        case 31: x * stopGradient(x)
        default: shaped(kind, x, z)
        }
    }

    private static func shaped(_ kind: Int, _ x: Variable, _ z: Variable) -> Variable {
        switch kind {
        case 40: return sum(x, over: Axes(0, -1))
        case 41: return mean(x, over: Axes(1, 2), keepsDimensions: true)
        case 42: return sum(x, over: Axes(3, 1, 0))
        case 43: return max(x, over: Axes(0, 2))
        case 44: return min(x, over: -1)
        case 45: return max(x, over: Axes(0, 1))
        case 46: return variance(x, over: Axes(0, 2))
        case 47: return mean(x, over: 0)
        case 48: return sum(x, over: -1)
        case 60: return slice(x, axis: 1, 1..<3)
        case 61: return slice(x, axis: -1, 1..<5, step: 2)
        case 62:
            let (first, second) = split(x, at: 3, axis: 1)
            return concatenate(second, first, axis: 1)
        case 63:
            let parts = split(x, into: 2, axis: 1)
            return parts[0] * parts[1]
        case 64: return permute(x, Axes(2, 0, 1))
        case 65: return permute(x, Axes(0, 3, -2, 1))
        case 66: return transpose(x)
        case 67: return transpose(x, 0, 3)
        case 68: return stack(x, z, axis: 1)
        case 69: return stack([x, z, x], axis: -1)
        case 70: return broadcast(x, to: Shape(2, 3, 4, 5))
        case 71: return squeeze(slice(x, axis: 1, 0..<1), axis: 1)
        default: preconditionFailure("no operation \(kind)")
        }
    }

    @Test(arguments: GoldenCase.load("elementwise"))
    func equalsPyTorch(_ golden: GoldenCase) {
        let inputs = golden.inputs(Self.names)
        // As data, and as parameters whose gradients go to the flat buffer.
        for parameters in [[], ["x", "z"]] {
            var bench = OperationBench(inputs: inputs, parameterNames: parameters)
            for _ in 0..<2 {
                let result = bench.run(inputs, upstream: golden.tensor("upstream"), body(golden))
                expectClose(result.y, golden.tensor("y"), "y of \(golden.name)")
                for name in inputs.keys { golden.expectGradient(result.gradients[name], name) }
            }
        }
    }

    @Test(arguments: GoldenCase.load("elementwise"))
    func gradientMatchesDifferences(_ golden: GoldenCase) {
        let kind = golden.option("kind")
        // Finite differences see neither a stopped gradient nor equal numbers that share one.
        guard kind != 31, kind != 45 else { return }
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        // A small step keeps the kinks out.
        let hasKinks = [4, 8, 24, 25, 43, 44].contains(kind)
        bench.expectGradientMatchesDifferences(
            inputs, upstream: golden.tensor("upstream"), step: hasKinks ? 2e-4 : 3e-3, golden.name,
            body(golden))
    }

    /// In bfloat16 the same up to its rounding; what comes in as float32 gets its gradient as float32.
    @Test(arguments: GoldenCase.load("elementwise"))
    func bfloat16IsCloseToPyTorch(_ golden: GoldenCase) {
        // Powers magnify the rounding of their operands; numbers that are equal after rounding share
        // gradients.
        guard ![26, 45, 43, 44, 24, 25].contains(golden.option("kind")) else { return }
        let inputs = golden.inputs(Self.names)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        let result = bench.run(inputs, upstream: golden.tensor("upstream")) { tape, variables in
            let rounded = variables.mapValues { cast($0, to: .bfloat16) }
            return cast(body(golden)(tape, rounded), to: .float32)
        }
        expectClose(result.y, golden.tensor("y"), "y of \(golden.name)", tolerance: 0.02)
        for name in inputs.keys {
            guard let gradient = result.gradients[name] else {
                Issue.record("no gradient of \(name)")
                return
            }
            expectClose(gradient, golden.tensor("d_" + name), "gradient of \(name)", tolerance: 0.03)
        }
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 20, 21, 22, 23, 24, 25, 26, 27, 43, 44, 46])
    func notANumberPasses(_ kind: Int) {
        let values: [Float] = [.nan, 2, 3, 1, .nan, 2]
        for dtype in [DType.float32, .bfloat16] {
            let tape = Tape(pool: StoragePool())
            tape.begin(mode: .training)
            let input = tape.input(Tensor(values, shape: Shape(6, 1, 1, 1)))
            let x = cast(input, to: dtype)
            let other = cast(tape.constant(Tensor([1.5], shape: Shape(1))), to: dtype)
            for (a, b) in kind >= 20 && kind < 30 ? [(x, other), (other, x)] : [(x, other)] {
                let y = Self.apply(kind, a, b)
                let numbers = Tensor(zeros: y.shape)
                numbers.convert(from: y.value)
                #expect(numbers.floatArray[0].isNaN)
                if kind < 30 {
                    #expect(numbers.floatArray[4].isNaN)
                    #expect(!numbers.floatArray[1].isNaN && !numbers.floatArray[5].isNaN)
                }
            }
        }
    }

    @Test func infinityAndEdgesAreThoseOfPyTorch() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        func values(_ body: (Variable) -> Variable, _ x: [Float]) -> [Float] {
            body(tape.constant(Tensor(x, shape: Shape(x.count)))).value.floatArray
        }
        let infinity = Float.infinity
        #expect(values(exp, [-infinity, infinity, 100, -200, 0]) == [0, infinity, infinity, 0, 1])
        let tiny = Float(0x1p-126) / 1000
        #expect(abs(values(exp, [-94.2443])[0] / tiny - 1) < 0.001)
        #expect(abs(values(exp, [88.5])[0] / 2.7231e38 - 1) < 1e-4)
        #expect(values(log, [0, infinity, 1]) == [-infinity, infinity, 0])
        #expect(values(log, [-1])[0].isNaN)
        #expect(abs(values(log, [tiny])[0] + 94.2443) < 1e-3)
        #expect(values({ softplus($0) }, [infinity, -infinity, 200, -200]) == [infinity, 0, 200, 0])
        #expect(values(silu, [infinity, -infinity, 0]) == [infinity, 0, 0])
        #expect(values({ clamp($0, lower: -1, upper: 2) }, [infinity, -infinity]) == [2, -1])
        #expect(values({ 1 / $0 }, [0, infinity]) == [infinity, 0])
    }

    /// exp and log over their whole range, to a few units in the last place.
    @Test func exponentialAndLogarithmAreAccurate() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let x = Tensor((0..<20000).map { Float($0) * 0.0088 - 87.5 }, shape: Shape(20000))
        let exponentials = exp(tape.constant(x)).value
        let logarithms = log(tape.constant(exponentials)).value
        var worst = (exp: 0.0, log: 0.0)
        for i in 0..<20000 {
            let expected = Foundation.exp(Double(x.floats[i]))
            worst.exp = Swift.max(worst.exp, Swift.abs(Double(exponentials.floats[i]) / expected - 1))
            let logarithm = Foundation.log(Double(exponentials.floats[i]))
            let difference = Swift.abs(Double(logarithms.floats[i]) - logarithm)
            worst.log = Swift.max(worst.log, difference / Swift.max(1e-3, Swift.abs(logarithm)))
        }
        #expect(worst.exp < 2.5e-7, "\(worst)")
        #expect(worst.log < 2.5e-7, "\(worst)")
    }

    @Test(arguments: [0, 3, 9, 20, 22, 24, 27, 40, 41, 43, 46, 60, 62, 64, 66, 68])
    func anEmptyShardContributesZeros(_ kind: Int) {
        let rank =
            kind < 40 || kind == 68 ? 2 : (kind == 60 || kind == 62 || kind == 64 || kind == 66 ? 3 : 4)
        let x = rank == 2 ? Shape(0, 4) : rank == 3 ? Shape(0, 4, 5) : Shape(0, 4, 5, 6)
        let inputs = ["x": Tensor(zeros: x), "z": Tensor(zeros: kind == 68 ? x : Shape(x[-1]))]
        var bench = OperationBench(inputs: inputs, parameterNames: ["z"])
        let shape = bench.output(inputs) { _, variables in
            guard let x = variables["x"], let z = variables["z"] else { preconditionFailure("no input") }
            return Self.apply(kind, x, z)
        }.shape
        let result = bench.run(inputs, upstream: Tensor(zeros: shape)) { _, variables in
            guard let x = variables["x"], let z = variables["z"] else { preconditionFailure("no input") }
            return Self.apply(kind, x, z)
        }
        #expect(result.gradients["x"]?.elementCount == 0)
        #expect(result.gradients["z"]?.floatArray.allSatisfy { $0 == 0 } == true)
    }

    /// What is chosen by neither side does not reach the gradient: 0, not NaN.
    @Test func selectionKeepsInfinityOut() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let x = tape.input(Tensor([0, 4] as [Float], shape: Shape(2)))
        let mask = Tensor(zeros: Shape(2), dtype: .uint8)
        mask.bytes[1] = 1
        let y = select(mask, log(x), else: 0)
        #expect(y.value.floatArray[0] == 0)
        tape.backward(from: sum(select(mask, log(x), else: 0)))
        #expect(tape.gradient(of: x)?.floatArray[1] == 0.25)
    }

    @Test func sixDimensions() {
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        let shape = Shape([2, 1, 3, 2, 1, 4])
        let x = tape.input(filled(shape))
        let z = tape.input(filled(Shape([1, 3, 1, 2, 5, 1])))
        let y = x - z
        #expect(y.shape == Shape([2, 3, 3, 2, 5, 4]))
        func element(_ t: Tensor, _ index: [Int]) -> Float {
            var place = 0
            for (d, i) in index.enumerated() { place = place * t.shape[d] + (t.shape[d] == 1 ? 0 : i) }
            return t.floats[place]
        }
        for index in [[0, 0, 0, 0, 0, 0], [1, 2, 2, 1, 4, 3], [1, 0, 1, 1, 2, 0]] {
            #expect(element(y.value, index) == element(x.value, index) - element(z.value, index))
        }
        let permuted = permute(y, Axes([5, 3, 1, 0, 2, 4]))
        #expect(permuted.shape == Shape([4, 2, 3, 2, 3, 5]))
        #expect(element(permuted.value, [3, 1, 2, 1, 2, 4]) == element(y.value, [1, 2, 2, 1, 4, 3]))
        tape.backward(from: sum(permuted))
        #expect(tape.gradient(of: x)?.floatArray == [Float](repeating: 15, count: 48))
        #expect(tape.gradient(of: z)?.floatArray == [Float](repeating: -24, count: 30))
    }
}
