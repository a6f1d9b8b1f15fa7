import Glibc
import LockstepContracts

/// Zero-filled memory that the ranks of a host share, cut into named regions; or private memory of the same layout.
///
/// The host's first rank makes the segment, sends the others the outcome, and all open it and agree; then its name is
/// removed, every rank allocates the pages that it will write most, and all agree again. Where it cannot be had on any
/// one host, all ranks fall back to private memory.
///
/// Not Sendable: a segment belongs to its rank's main thread; who writes which region when is the
/// business of `TreeAllreduce` and `DataParallel`.
final class SharedSegment {
    /// Where each region starts, in bytes.
    private let offsets: [String: Int]
    private let byteCount: Int
    private let base: UnsafeMutableRawPointer
    private let mapping: (address: UnsafeMutableRawPointer?, byteCount: Int)

    /// The first byte of a region. Traps on a name that was not asked for.
    func region(_ name: String) -> UnsafeMutableRawPointer {
        guard let offset = offsets[name] else { brokenContract("SharedSegment: no region \(name)") }
        return base + offset
    }

    /// Maps private memory.
    init(privateRegions regions: [SharedRegion]) throws(CollectiveError) {
        (offsets, byteCount) = SharedSegment.layOut(regions)
        // A little more than is needed, so that it can start at a huge page's border.
        let mapped = byteCount + SharedSegment.hugePage
        let address = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw .memory("\(byteCount) bytes: \(String(cString: strerror(errno)))")
        }
        mapping = (address, mapped)
        base = address.alignedUp(toMultipleOf: SharedSegment.hugePage)
        SharedSegment.adviseHugePages(base, byteCount)
    }

    private init(mapped: UnsafeMutableRawPointer, offsets: [String: Int], byteCount: Int) {
        base = mapped
        mapping = (mapped, byteCount)
        SharedSegment.adviseHugePages(mapped, byteCount)
        self.offsets = offsets
        self.byteCount = byteCount
    }

    deinit { munmap(mapping.address, mapping.byteCount) }

    private static let hugePage = 2 << 20

    /// Weights are read along columns, each row in another page: with small pages that misses the TLB every time.
    /// Advice only: the kernel may not have huge pages for this kind of memory.
    private static func adviseHugePages(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
        if byteCount >= hugePage { _ = madvise(address, byteCount, MADV_HUGEPAGE) }
    }

    /// Makes the segment on every host, or on none. Collective.
    ///
    /// The segment has a name only while it is empty: a process killed at any moment leaves no memory behind.
    /// - Returns: the segment, or the reason why there is none (the same on all ranks).
    static func make(
        _ regions: [SharedRegion], communicator: Communicator
    ) throws(CollectiveError) -> Result<SharedSegment, SegmentRefusal> {
        let (offsets, byteCount) = layOut(regions)
        let file = SharedFile()
        let isLeader = communicator.localRank == 0
        if isLeader { file.create(byteCount: byteCount) }
        let names = try communicator.allGather(Array(file.name.utf8))
        let leader = communicator.rank - communicator.localRank
        if !isLeader { file.open(String(decoding: names[leader], as: UTF8.self)) }
        // A leader removes the name only when everybody has opened it.
        if let refusal = try firstProblem(file, byteCount, communicator) { return .failure(refusal) }
        file.unlink()
        for region in regions {
            guard let offset = offsets[region.name] else { continue }
            let part = region.part(ofLocalRank: communicator.localRank, of: communicator.localSize)
            file.allocate(offset: offset + part.lowerBound, byteCount: part.count)
        }
        let address = file.map(byteCount: byteCount)
        if let refusal = try firstProblem(file, byteCount, communicator) {
            if let address { munmap(address, byteCount) }
            return .failure(refusal)
        }
        guard let address else { throw .memory("the shared segment was not mapped") }
        return .success(SharedSegment(mapped: address, offsets: offsets, byteCount: byteCount))
    }

    /// The first rank's problem, on all ranks; nil if there is none. Collective.
    private static func firstProblem(
        _ file: SharedFile, _ byteCount: Int, _ communicator: Communicator
    ) throws(CollectiveError) -> SegmentRefusal? {
        let problems = try communicator.allGather(Array((file.problem ?? "").utf8))
        guard let rank = problems.firstIndex(where: { !$0.isEmpty }) else { return nil }
        return SegmentRefusal(
            rank: rank, byteCount: byteCount, reason: String(decoding: problems[rank], as: UTF8.self))
    }

    /// Offsets of the regions: small ones at multiples of 64 bytes, large ones at multiples of a page.
    private static func layOut(_ regions: [SharedRegion]) -> ([String: Int], Int) {
        var offsets: [String: Int] = [:]
        var end = 0
        for region in regions {
            let alignment = region.byteCount >= 4096 ? 4096 : 64
            end = (end + alignment - 1) / alignment * alignment
            offsets[region.name] = end
            end += region.byteCount
        }
        return (offsets, max(4096, (end + 4095) / 4096 * 4096))
    }
}
