import LockstepAutograd
import LockstepTensors
import Testing

@Suite struct ParameterStoreTests {
    private func fill(_ value: Float) -> ParameterInitializer {
        { pointer, shape, _ in pointer.update(repeating: value, count: shape.elementCount) }
    }

    @Test func flatOrderIsReverseRegistration() {
        let store = ParameterStore()
        let first = store.root["0"].parameter("weight", shape: [3, 5], role: .weight, initializer: fill(1))
        let second = store.root["0"].parameter("bias", shape: [3], role: .bias, initializer: fill(2))
        let third = store.root["1"]["deep"].parameter(
            "weight", shape: [17], role: .weight, initializer: fill(3))
        store.allocate()
        store.initialize(seed: 1)
        #expect(store.parameters.map(\.name) == ["0.weight", "0.bias", "1.deep.weight"])
        #expect([third.offset, second.offset, first.offset] == [0, 32, 48])
        #expect(store.flatCount == 4096)
        #expect(first.value.floatArray == [Float](repeating: 1, count: 15))
        #expect(second.value.floatArray == [2, 2, 2])
    }

    @Test func drawsBelongToTheParameter() {
        func draw(_ names: [String]) -> [[Float]] {
            let store = ParameterStore()
            for name in names {
                _ = store.root.parameter(name, shape: [8], role: .weight) { pointer, shape, key in
                    for i in 0..<shape.elementCount { pointer[i] = key.uniform(UInt64(i)) }
                }
            }
            store.allocate()
            store.initialize(seed: 3)
            return store.parameters.map(\.value.floatArray)
        }
        let drawn = draw(["a", "b"])
        #expect(drawn[0] != drawn[1])
        #expect(draw(["a", "b"]) == drawn)
    }

    @Test func runningStatisticsFollowPyTorch() {
        let store = ParameterStore()
        let entry = store.root["norm"].runningStatistics(channels: 2, momentum: 0.1)
        store.allocate()
        store.initialize(seed: 0)
        // Two shards of 4 and 2 values per channel: sums of n x mean, n x variance, n.
        let sums: [Float] = [4 * 1 + 2 * 4, 4 * 2 + 2 * 5, 4 * 3 + 2 * 6, 4 * 1 + 2 * 1, 6]
        store.updateStatistics(from: sums)
        #expect(abs(entry.mean[0] - 0.1 * 2) < 1e-6)
        #expect(abs(entry.mean[1] - 0.1 * 3) < 1e-6)
        #expect(abs(entry.variance[0] - (0.9 + 0.1 * 4)) < 1e-6)
        #expect(abs(entry.variance[1] - 1) < 1e-6)
        #expect(entry.batchesTracked.pointee == 1)
        #expect(store.statisticsCount == 16)
    }
}
