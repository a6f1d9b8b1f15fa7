import LockstepTensors
import Testing

@Suite struct StoragePoolTests {
    @Test func reusesUnreferencedStorages() {
        let pool = StoragePool()
        var first: Tensor? = pool.tensor(Shape(100, 10))
        let address = first?.address
        let second = pool.tensor(Shape(100, 10))
        #expect(second.address != address)
        first = nil
        #expect(pool.tensor(Shape(99, 10)).address == address)
        #expect(pool.allocationCount == 2)
    }

    @Test func storagesAreAlignedAndLargeEnough() {
        let pool = StoragePool()
        for count in [0, 1, 16, 17, 31, 33, 100, 1000, 4097, 70_001, 600_000] {
            let tensor = pool.tensor(Shape(count))
            #expect(tensor.storage.byteCount >= count * 4)
            #expect(tensor.storage.byteCount <= max(128, count * 4 + max(64, count)))
            #expect(UInt(bitPattern: tensor.address) % 64 == 0)
        }
    }

    @Test func sameSizesOverAndOverDoNotGrow() {
        let pool = StoragePool()
        for _ in 0..<50 {
            var held: [Tensor] = []
            for size in 1..<40 { held.append(pool.tensor(Shape(size * 37))) }
            #expect(held.count == 39)
        }
        #expect(pool.allocationCount == 39)
    }
}
