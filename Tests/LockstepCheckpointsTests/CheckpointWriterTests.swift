import Foundation
import LockstepCheckpoints
import Synchronization
import Testing

@Suite struct CheckpointWriterTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("writer-\(UUID())")
        .path

    private func cleanUp() { try? FileManager.default.removeItem(atPath: directory) }

    /// The memory of a job's tensors.
    private final class Values {
        let floats: UnsafeMutablePointer<Float>
        static let count = 300_000

        init(_ value: Float) {
            floats = .allocate(capacity: Values.count)
            floats.initialize(repeating: value, count: Values.count)
        }

        deinit { floats.deallocate() }
    }

    private func job(_ step: Int) throws -> CheckpointJob {
        let values = Values(Float(step))
        let tensor = TensorSource(name: "w", shape: [Values.count], floats: values.floats)
        var state = StateSections()
        try state.set("step", [step])
        return CheckpointJob(
            step: step, model: [tensor], optimizer: [tensor], state: state, versions: [:], memory: values)
    }

    @Test func oneAfterTheOther() throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        let order = Mutex<[Int]>([])
        let parts = Atomic<Int>(0)
        let writer = try CheckpointWriter(
            store, progress: { parts.add(1, ordering: .relaxed) },
            whenDone: { outcome in order.withLock { $0.append((try? outcome.get().step) ?? -1) } })
        defer { writer.close() }
        for step in 1...4 {
            var next = try job(step)
            next.keep = 2
            next.protected = [1]
            writer.submit(next)
        }
        writer.wait()
        #expect(!writer.isBusy && writer.failure == nil)
        #expect(order.withLock { $0 } == [1, 2, 3, 4])
        #expect(store.steps() == [1, 3, 4] && store.newestComplete().checkpoint?.step == 4)
        // Two files of 1.2 MB each, written in parts.
        #expect(parts.load(ordering: .relaxed) >= 4 * 2 * 5)
        let completed = try #require(writer.completed)
        #expect(completed.step == 4 && completed.byteCount > 2_400_000)
        #expect(completed.seconds > 0 && completed.processorSeconds > 0)
    }

    @Test func aFailureLeavesWhatWasThere() throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        let writer = try CheckpointWriter(store)
        defer { writer.close() }
        writer.submit(try job(1))
        var next = try job(2)
        next.prepare = { () throws(CheckpointError) in
            throw .system(operation: "fsync", path: "/metrics", code: ENOSPC)
        }
        writer.submit(next)
        writer.wait()
        let message = writer.failure?.description ?? ""
        #expect(message.contains("/metrics: fsync failed: No space left on device. Free some space"))
        #expect(store.steps() == [1] && store.newestComplete().refused.isEmpty)
    }

    /// Failures to remove old checkpoints do not damage new ones.
    @Test func anOldOneThatStaysIsNoFailure() throws {
        defer { cleanUp() }
        let store = CheckpointStore(directory)
        let writer = try CheckpointWriter(store)
        defer { writer.close() }
        for step in [4, 8, 9] {
            if step == 8 {
                writer.wait()
                // A user's folder with the name of a checkpoint and other contents.
                try FileManager.default.createDirectory(
                    atPath: directory + "/step-00000007/notes", withIntermediateDirectories: true)
            }
            var next = try job(step)
            next.keep = 1
            writer.submit(next)
        }
        writer.wait()
        let completed = try #require(writer.completed)
        #expect(completed.step == 9 && writer.failure == nil)
        let message = completed.retentionFailure?.description ?? ""
        #expect(message.contains("step-00000007 is left unchanged: it contains 'notes'"), "\(message)")
        #expect(store.steps() == [7, 9], "the others are removed all the same")
        #expect(store.newestComplete().checkpoint?.step == 9)
    }

    @Test func placesThatCannotBe() throws {
        defer { cleanUp() }
        try Data("text".utf8).write(to: URL(fileURLWithPath: directory))
        let writer = try CheckpointWriter(CheckpointStore(directory + "/checkpoints"))
        defer { writer.close() }
        writer.submit(try job(1))
        writer.wait()
        #expect(writer.failure?.description.contains("Not a directory") == true)
        #expect(writer.completed == nil)
    }
}
