import Glibc
import LockstepContracts

/// Zero-filled memory that the ranks of a host share, divided into named regions; or private memory of the
/// same layout.
///
/// The first rank of a host creates the segment and sends the others the outcome; all open it and agree. Then
/// its name is removed, every rank allocates the pages that it writes most, and all agree again. If this
/// fails on any host, all ranks fall back to private memory.
///
/// Not Sendable: a segment belongs to its rank's main thread; `TreeAllreduce` and `DataParallel` determine
/// which rank writes which region when.
final class SharedSegment {
    /// Where each region starts, in bytes.
    private let offsets: [String: Int]
    private let byteCount: Int
    private let base: UnsafeMutableRawPointer
    private let mapping: (address: UnsafeMutableRawPointer?, byteCount: Int)

    /// The first byte of a region. Traps on an unknown name.
    func region(_ name: String) -> UnsafeMutableRawPointer {
        guard let offset = offsets[name] else { brokenContract("SharedSegment: no region \(name)") }
        return base + offset
    }

    /// Maps private memory.
    init(privateRegions regions: [SharedRegion]) throws(CollectiveError) {
        (offsets, byteCount) = SharedSegment.layOut(regions)
        // Slightly more than needed, so that it can start at a huge-page border.
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

    /// Weights are read along columns, each row in another page: with small pages every read misses the TLB.
    /// This is only advice: the kernel may have no huge pages for this kind of memory.
    private static func adviseHugePages(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
        if byteCount >= hugePage { _ = madvise(address, byteCount, MADV_HUGEPAGE) }
    }

    /// Creates the segment on every host, or on none. Collective.
    ///
    /// The segment has a name only while it is empty: a process killed at any time leaves no memory behind.
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
        // The first rank removes the name only after all ranks have opened the file.
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

    /// The error of the first failing rank, on all ranks; nil for none. Collective.
    private static func firstProblem(
        _ file: SharedFile, _ byteCount: Int, _ communicator: Communicator
    ) throws(CollectiveError) -> SegmentRefusal? {
        let problems = try communicator.allGather(Array((file.problem ?? "").utf8))
        guard let rank = problems.firstIndex(where: { !$0.isEmpty }) else { return nil }
        return SegmentRefusal(
            rank: rank, byteCount: byteCount, reason: String(decoding: problems[rank], as: UTF8.self))
    }

    /// The offsets of the regions: small ones at multiples of 64 bytes, large ones at multiples of a page.
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
