import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting
import LockstepText
import Testing

/// Joined tensors: types, and passes that differ in how the whole is made up. Golden values are in
/// `LightOperationTests`.
@Suite struct ConcatenateTests {
    private func bfloat16(_ tensor: Tensor) -> Tensor {
        let result = Tensor(zeros: tensor.shape, dtype: .bfloat16)
        result.convert(from: tensor)
        return result
    }

    private func wide(_ tensor: Tensor) -> [Float] {
        let result = Tensor(zeros: tensor.shape)
        result.convert(from: tensor)
        return result.floatArray
    }

    /// Small integers are equal in both types: every element can be identified by its value.
    private func counted(_ shape: Shape, from first: Int) -> Tensor {
        Tensor((0..<shape.elementCount).map { Float(first + $0) }, shape: shape)
    }

    private let expected: [Float] = [0, 1, 2, 100, 101, 3, 4, 5, 102, 103]

    @Test(arguments: [DType.float32, .bfloat16], [DType.float32, .bfloat16])
    func theResultHasTheTypeOfTheFirst(_ first: DType, _ second: DType) {
        let a = counted(Shape(2, 3), from: 0)
        let b = counted(Shape(2, 2), from: 100)
        let inputs = [
            "a": first == .float32 ? a : bfloat16(a), "b": second == .float32 ? b : bfloat16(b),
        ]
        let upstream = counted(Shape(2, 5), from: 0)
        var bench = OperationBench(inputs: inputs, parameterNames: [])
        for isPair in [true, false, true] {
            let result = bench.run(inputs, upstream: upstream) { _, variables in
                guard let a = variables["a"], let b = variables["b"] else { fatalError() }
                let y = isPair ? concatenate(a, b, axis: 1) : concatenate([a, b], axis: -1)
                #expect(y.value.dtype == first)
                #expect(wide(y.value) == expected)
                return cast(y, to: .float32)
            }
            #expect(result.gradients["a"].map { $0.dtype } == first)
            #expect(result.gradients["b"].map { $0.dtype } == second)
            #expect(result.gradients["a"].map(wide) == [0, 1, 2, 5, 6, 7])
            #expect(result.gradients["b"].map(wide) == [3, 4, 8, 9])
        }
    }

    /// The same whole of other parts meets the object of the pass before.
    @Test func partsMayChangeFromPassToPass() {
        let tape = Tape(pool: StoragePool())
        let whole = counted(Shape(1, 6), from: 0)
        for widths in [[2, 4], [4, 2], [1, 2, 3], [6], [2, 4]] {
            tape.begin(mode: .training)
            var start = 0
            let parts = widths.map { width in
                defer { start += width }
                return tape.input(counted(Shape(1, width), from: start))
            }
            let y = concatenate(parts, axis: 1)
            #expect(y.value.floatArray == whole.floatArray)
            tape.backward(from: sum(y * tape.constant(whole)))
            for part in parts {
                #expect(tape.gradient(of: part)?.floatArray == part.value.floatArray)
            }
        }
    }
}
