import Foundation
import LockstepCollectives

/// The three contestants for one size, with their buffers.
package final class AllreduceContestants {
    package enum Kind: CaseIterable {
        /// Lockstep: `TreeAllreduce.exchange`, with the sums of squares for clipping.
        case ours
        /// `MPI_Allreduce`, floats, in place.
        case library
        /// Every rank copies the same number of bytes between two private buffers.
        case copy
    }

    package let byteCount: Int
    private let communicator: Communicator
    private let tree: TreeAllreduce
    private let isRecord: Bool
    private let source: UnsafeMutablePointer<Float>
    private var values: UnsafeMutableBufferPointer<Float> { .init(start: source, count: byteCount / 4) }
    private let copies: UnsafeMutablePointer<Float>
    private var copied: UnsafeMutableBufferPointer<Float> { .init(start: copies, count: byteCount / 4) }
    /// The sum of the records: stored so that the additions are not optimized away.
    private var recordSum: Float = 0

    private static let recordByteCount = 64
    /// The unit of gradients; the remainder is summed as statistics.
    private static let chunkByteCount = 16384

    /// Collective.
    package init(communicator: Communicator, byteCount: Int, policy: SharedMemoryPolicy) throws {
        self.communicator = communicator
        self.byteCount = byteCount
        isRecord = byteCount <= Self.recordByteCount
        let summed = isRecord ? 0 : byteCount
        tree = try TreeAllreduce(
            communicator: communicator, shards: communicator.size,
            gradientCount: summed / Self.chunkByteCount * (Self.chunkByteCount / 4),
            statisticsCount: summed % Self.chunkByteCount / 4, recordByteCount: Self.recordByteCount,
            regions: [], settings: AllreduceSettings(sharedMemory: policy))
        let count = byteCount / 4
        func buffer() -> UnsafeMutablePointer<Float> {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 4096)
            let start = raw.bindMemory(to: Float.self, capacity: count)
            start.initialize(repeating: 1, count: count)
            return start
        }
        source = buffer()
        copies = buffer()
    }

    deinit {
        source.deallocate()
        copies.deallocate()
    }

    /// Why memory is not shared; nil if it is.
    var refusal: String? { tree.refusal.map { "\($0)" } }

    /// The part of a step's exchange that carries this size.
    var path: String {
        if isRecord { return "records" }
        return byteCount < Self.chunkByteCount ? "statistics" : "gradients"
    }

    /// This rank's buffers that a contestant reads or writes.
    package func buffers(of kind: Kind) -> [UnsafeMutableBufferPointer<Float>] {
        switch kind {
        case .ours where isRecord:
            let record = tree.record(communicator.rank).assumingMemoryBound(to: Float.self)
            return [.init(start: record, count: byteCount / 4)]
        case .ours:
            let count = tree.gradientCount + tree.statisticsCount
            return tree.foldSteps.map { .init(start: tree.buffer(for: $0), count: count) }
        case .library: return [values]
        case .copy: return [values, copied]
        }
    }

    /// Every rank writes its buffers of a contestant right before its turn: so they are in its caches, and
    /// equally long out of the other ranks' caches.
    package func refill(_ kind: Kind) {
        for buffer in buffers(of: kind) { buffer.update(repeating: 1) }
    }

    /// Waits until all ranks are ready to start.
    func align() { tree.nodeBarrier() }

    package func run(_ kind: Kind) throws {
        switch kind {
        case .ours where isRecord: try exchangeRecords()
        case .ours: try tree.exchange()
        case .library: try communicator.allreduceByMPI(values)
        case .copy:
            UnsafeMutableRawPointer(copies).copyMemory(from: UnsafeRawPointer(source), byteCount: byteCount)
        }
    }

    private func exchangeRecords() throws {
        let count = byteCount / 4
        let mine = tree.record(communicator.rank).assumingMemoryBound(to: Float.self)
        for index in 0..<count { mine[index] = 1 }
        try tree.exchange()
        for index in 0..<count {
            var sum: Float = 0
            for rank in 0..<communicator.size {
                sum += tree.record(rank).assumingMemoryBound(to: Float.self)[index]
            }
            recordSum += sum
        }
    }
}
