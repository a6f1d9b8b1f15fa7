import LockstepTensors
import Testing

@Suite struct TensorTests {
    @Test func viewsShareMemory() {
        let tensor = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: Shape(3, 2))
        let last = tensor.rows(1..<3)
        #expect(last.floatArray == [3, 4, 5, 6])
        last.floats[0] = 9
        #expect(tensor.reshaped(to: Shape(6)).floatArray == [1, 2, 9, 4, 5, 6])
    }

    @Test func copiesAndFills() {
        let source = Tensor([1, 2, 3] as [Float], shape: Shape(3))
        let copy = Tensor(zeros: Shape(3))
        copy.copy(from: source)
        #expect(copy.floatArray == [1, 2, 3])
        copy.fillWithZeros()
        #expect(copy.floatArray == [0, 0, 0])
        #expect(source.floatArray == [1, 2, 3])
    }
}
