import LockstepAutograd
import LockstepBenchmarks
import LockstepLayers
import LockstepOperations
import LockstepTensors
import LockstepTimeline
import Testing

/// Products, bytes and floors of operations, from their shapes.
struct RooflineTests {
    private let bandwidth = CacheBandwidth(levels: [
        .init(name: "L1", capacity: 1000, bytesPerSecond: 1e9),
        .init(name: "memory", capacity: .infinity, bytesPerSecond: 1e8),
    ])

    /// A step of a network with a table, a view, a product and a sum.
    private func measured() -> [OperationTimes.Sums] {
        let store = ParameterStore()
        let scope = store.root
        let (table, linear) = (
            Embedding(scope["table"], entries: 100, width: 4), Linear(scope["dense"], inputs: 8, outputs: 3)
        )
        store.layOut()
        store.allocate()
        store.initialize(seed: 1)
        var gradients = [Float](repeating: 0, count: store.flatCount)
        let timeline = StepTimeline()
        let times = OperationTimes(timeline: timeline)
        let tape = Tape(pool: StoragePool())
        tape.recorder = times
        times.beginStep()
        timeline.begin(.forward)
        gradients.withUnsafeMutableBufferPointer { pass(tape, timeline, store, table, linear, $0) }
        return times.sums
    }

    private func pass(
        _ tape: Tape, _ timeline: StepTimeline, _ store: ParameterStore, _ table: Embedding, _ linear: Linear,
        _ gradients: UnsafeMutableBufferPointer<Float>
    ) {
        tape.begin(mode: .training, gradients: gradients.baseAddress)
        let rows = table(Tensor([1, 2, 3, 4, 5, 6] as [Int32], shape: Shape(3, 2)), on: tape)
        let y = linear(reshape(rows, to: Shape(3, 8)))
        let loss = sum(y)
        timeline.begin(.backward)
        tape.backward(from: loss, store: store)
        timeline.begin(.other)
    }

    @Test func productsAndBytesFollowFromShapes() throws {
        let sums = measured()
        func part(_ name: String, _ isBackward: Bool) throws -> OperationTimes.Sums {
            try #require(
                sums.first { $0.name.hasPrefix(name) && $0.isBackward == isBackward },
                "\(name): \(sums.map(\.name))")
        }
        let forward = try part("Linear", false)
        #expect(forward.operations == 2 * 3 * 8 * 3 && forward.place == "dense")
        // Input [3, 8], weight [3, 8], bias [3], output [3, 3].
        #expect(forward.byteCount == 4 * (24 + 24 + 3 + 9))
        let backward = try part("Linear", true)
        #expect(backward.operations == 2 * 2 * 3 * 8 * 3)
        // The gradients of output, input, weight and bias, and what the products read again.
        #expect(backward.byteCount == 4 * (9 + 24 + 24 + 3 + 24 + 24 + 3))
        // Only the rows of the table: they are read and written.
        #expect(try part("Embedding", false).byteCount <= 4 * (24 + 24) + 4 * 6)
        #expect(try part("Reshape", false).byteCount == 0)
        #expect(sums.allSatisfy { $0.nanoseconds.count == 1 })
    }

    @Test func theFloorIsTheLargerOfProductsAndBytes() {
        func sums(_ name: String, operations: Double, byteCount: Double) -> OperationTimes.Sums {
            OperationTimes.Sums(
                name: name, place: "", isBackward: false, nanoseconds: [4_000_000, 2_000_000, 3_000_000],
                operations: operations, byteCount: byteCount, executions: 3)
        }
        let roofline = Roofline(
            [
                sums("small", operations: 0, byteCount: 3 * 500),
                sums("large", operations: 3e3, byteCount: 3 * 5000),
                sums("product", operations: 6e6, byteCount: 3 * 500),
            ],
            phases: [("load", 1, 0), ("update", 2, 1e5)], steps: 3, peak: 1, bandwidth: bandwidth)
        var parts: [String: Roofline.Part] = [:]
        for part in roofline.parts { parts[part.name] = part }
        #expect(parts["small"]?.bound == "L1" && parts["small"]?.floor == 500 / 1e9 * 1000)
        #expect(parts["large"]?.bound == "memory" && parts["large"]?.floor == 5000 / 1e8 * 1000)
        #expect(parts["product"]?.bound == "products" && parts["product"]?.floor == 2)
        #expect(parts["load"]?.bound == "" && parts["load"]?.floor == 0)
        #expect(parts["update"]?.floor == 1 && parts["product"]?.milliseconds == 3)
        #expect(roofline.parts.first?.name == "small" && roofline.milliseconds == 12)
        #expect(roofline.table.contains("Look at small forward next"))
    }

    @Test func bandwidthsFallFromCacheToMemory() {
        let measured = CacheBandwidth.measure(clock: { StepTimeline.now }, align: {})
        #expect(measured.levels.count >= 2 && measured.levels.last?.name == "memory")
        #expect(measured.levels.allSatisfy { $0.bytesPerSecond > 0 })
        for (inner, outer) in zip(measured.levels, measured.levels.dropFirst()) {
            #expect(inner.bytesPerSecond >= outer.bytesPerSecond && inner.capacity < outer.capacity)
        }
        #expect(measured.level(for: 1).name == "L1" && measured.level(for: 1e15).name == "memory")
    }
}
