import LockstepTensors
import Testing

@Suite struct ShapeTests {
    @Test func countsAndCompares() {
        let shape: Shape = [2, 3, 4, 5]
        #expect(shape.rank == 4)
        #expect(shape.elementCount == 120)
        #expect(shape == Shape(2, 3, 4, 5))
        #expect(shape[-1] == 5 && shape[1] == 3)
        #expect(shape.droppingFirst == Shape(3, 4, 5))
        #expect(shape.droppingFirst.prepending(7) == Shape(7, 3, 4, 5))
        #expect(shape.replacingFirst(with: 9) == Shape(9, 3, 4, 5))
        #expect(shape.elementCount(of: 1..<3) == 12)
        #expect(shape.description == "[2, 3, 4, 5]")
    }

    @Test func scalarAndEmpty() {
        #expect(Shape().elementCount == 1)
        #expect(Shape().rank == 0)
        #expect(Shape(0, 784).elementCount == 0)
        #expect(Shape(0, 784) != Shape(0, 785))
    }
}
