import Foundation
import LockstepCollectives
import LockstepTasks
import LockstepTimeline

/// Measures the exchange of gradients, beside `MPI_Allreduce` and beside copying the same number of bytes.
///
/// A time is that of the slowest rank from a common start. The three contestants take turns, so that all run
/// under the same conditions. Up to 64 bytes travel as the records of a step, which every rank then sums;
/// larger sizes are summed in shared memory by slices.
public struct AllreduceBenchmark {
    /// The options of the measurement.
    public struct Options: Sendable {
        /// The sizes in bytes, each a multiple of 4.
        public var sizes: [Int]
        /// The number of repetitions of each.
        public var repetitions: Int
        /// Whether the ranks of a host may share memory.
        public var sharedMemory: SharedMemoryPolicy

        public init(
            sizes: [Int] = Self.sizes(from: 4, to: 64 << 20, factor: 4), repetitions: Int = 30,
            sharedMemory: SharedMemoryPolicy = .allowed
        ) {
            self.sizes = sizes
            self.repetitions = repetitions
            self.sharedMemory = sharedMemory
        }

        /// The sizes from `smallest` to at most `largest`, each `factor` times the one before.
        public static func sizes(from smallest: Int, to largest: Int, factor: Int) -> [Int] {
            var sizes: [Int] = []
            var size = smallest
            while size <= largest {
                sizes.append(size)
                let (next, overflow) = size.multipliedReportingOverflow(by: factor)
                if overflow { break }
                size = next
            }
            return sizes
        }
    }

    /// The location of the bytes before the exchange.
    enum Buffer: String, CaseIterable {
        /// Every rank has just written its buffers of the contestant.
        case hot
        /// Every rank has since touched more memory than the caches hold.
        case offCache = "off-cache"
    }

    private let communicator: Communicator
    private let options: Options
    private let flush: UnsafeMutableRawBufferPointer

    /// - Throws: `TrainingError.environment` on one rank.
    public init(communicator: Communicator, options: Options) throws {
        guard communicator.size > 1 else {
            throw TrainingError.environment(
                "bench allreduce measures communication between ranks, and there is only one rank. "
                    + "Start two or more: scripts/launch -n 2 bench allreduce")
        }
        self.communicator = communicator
        self.options = options
        let cache = max(32 << 20, sysconf(Int32(_SC_LEVEL3_CACHE_SIZE)))
        flush = .allocate(byteCount: 2 * cache, alignment: 4096)
        flush.initializeMemory(as: UInt8.self, repeating: 1)
    }

    /// Measures all sizes. Collective.
    public func run() throws -> AllreduceReport {
        defer { flush.deallocate() }
        var report = AllreduceReport(
            ranks: communicator.size, hosts: communicator.hostCount, repetitions: options.repetitions,
            library: communicator.libraryVersion ?? "MPI")
        for size in options.sizes {
            let contestants = try AllreduceContestants(
                communicator: communicator, byteCount: size, policy: options.sharedMemory)
            if report.refusal == nil { report.refusal = contestants.refusal }
            for buffer in Buffer.allCases {
                report.rows.append(try measure(contestants, buffer))
            }
        }
        return report
    }

    private func measure(_ contestants: AllreduceContestants, _ buffer: Buffer) throws -> AllreduceReport.Row
    {
        let isHot = buffer == .hot
        // One exchange of few bytes is too short to time.
        let batch = isHot ? max(1, min(100, 65536 / contestants.byteCount)) : 1
        var times: [[Double]] = [[], [], []]
        for repetition in 0..<options.repetitions + 2 {
            let round = try AllreduceContestants.Kind.allCases.map { kind in
                contestants.refill(kind)
                if !isHot { touchMuch() }
                try communicator.barrier()
                contestants.align()
                let start = StepTimeline.now
                for _ in 0..<batch { try contestants.run(kind) }
                return Double(StepTimeline.now - start) * 1e-3 / Double(batch)
            }
            // The first two are warm-up.
            guard repetition >= 2 else { continue }
            for (index, time) in round.enumerated() { times[index].append(time) }
        }
        let slowest = try times.map { mine in
            let all = try communicator.allGather(mine.withUnsafeBytes { Array($0) })
            return mine.indices.map { index in
                all.map {
                    $0.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index * 8, as: Double.self) }
                }
                .max() ?? mine[index]
            }
        }
        return AllreduceReport.Row(
            byteCount: contestants.byteCount, buffer: buffer.rawValue, path: contestants.path, batch: batch,
            ours: slowest[0], library: slowest[1], copy: slowest[2])
    }

    private func touchMuch() {
        for offset in stride(from: 0, to: flush.count, by: 64) { flush[offset] &+= 1 }
    }
}
