import Glibc

/// Zero-filled memory that the ranks of a host share, cut into named regions; or private memory of the same layout.
///
/// The host's first rank makes the segment and allocates its pages, tells the others the outcome, and all map it and
/// agree; then its name is removed, so that no kill leaves anything behind. Where it cannot be had on any one host,
/// all ranks fall back to private memory.
///
/// `@unchecked Sendable` is not needed: a segment belongs to its rank's main thread; who writes which region when is the
/// business of `TreeAllreduce` and `DataParallel`.
final class SharedSegment {
    /// Where each region starts, in bytes.
    private let offsets: [String: Int]
    private let byteCount: Int
    private let base: UnsafeMutableRawPointer

    /// The first byte of a region. Traps on a name that was not asked for.
    func region(_ name: String) -> UnsafeMutableRawPointer {
        guard let offset = offsets[name] else { preconditionFailure("SharedSegment: no region \(name)") }
        return base + offset
    }

    /// Maps private memory.
    init(privateRegions regions: [SharedRegion]) throws(CollectiveError) {
        (offsets, byteCount) = SharedSegment.layOut(regions)
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw .memory("\(byteCount) bytes: \(String(cString: strerror(errno)))")
        }
        base = address
    }

    private init(mapped: UnsafeMutableRawPointer, offsets: [String: Int], byteCount: Int) {
        base = mapped
        self.offsets = offsets
        self.byteCount = byteCount
    }

    deinit { munmap(base, byteCount) }

    /// Makes the segment on every host, or on none. Collective.
    /// - Returns: the segment, or the reason why there is none (the same on all ranks).
    static func make(
        _ regions: [SharedRegion], communicator: Communicator
    ) throws(CollectiveError) -> Result<SharedSegment, SegmentRefusal> {
        let (offsets, byteCount) = layOut(regions)
        let leaders = communicator.hostOfRank.indices.filter {
            $0 == 0 || communicator.hostOfRank[$0] != communicator.hostOfRank[$0 - 1]
        }
        let name = "/lockstep-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        var descriptor: Int32 = -1
        var problem: String?
        if communicator.localRank == 0 {
            (descriptor, problem) = create(name, byteCount)
        }
        // Everybody hears of every leader's outcome; a rank opens the segment of its own host's leader.
        let outcomes = try communicator.gather(Array((problem ?? "").utf8))
        let names = try communicator.gather(Array(name.utf8))
        let leader = leaders[communicator.hostIndex]
        if problem == nil, outcomes[leader].isEmpty, communicator.localRank > 0 {
            descriptor = shm_open(String(decoding: names[leader], as: UTF8.self), O_RDWR, 0)
            if descriptor < 0 { problem = "shm_open: \(String(cString: strerror(errno)))" }
        }
        var address: UnsafeMutableRawPointer?
        if descriptor >= 0 {
            let mapped = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            if mapped == MAP_FAILED {
                problem = "mmap: \(String(cString: strerror(errno)))"
            } else {
                address = mapped
            }
            close(descriptor)
        }
        let everybody = try communicator.gather(Array((problem ?? "").utf8))
        if communicator.localRank == 0 { shm_unlink(name) }
        if let failed = everybody.firstIndex(where: { !$0.isEmpty }) {
            if let address { munmap(address, byteCount) }
            return .failure(
                SegmentRefusal(
                    rank: failed, byteCount: byteCount,
                    reason: String(decoding: everybody[failed], as: UTF8.self)))
        }
        guard let address else { throw .memory("the shared segment was not mapped") }
        return .success(SharedSegment(mapped: address, offsets: offsets, byteCount: byteCount))
    }

    /// Opens a new segment and allocates its pages: a page that is not there at first use would be a SIGBUS.
    private static func create(_ name: String, _ byteCount: Int) -> (descriptor: Int32, problem: String?) {
        let descriptor = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0o600)
        guard descriptor >= 0 else { return (-1, "shm_open: \(String(cString: strerror(errno)))") }
        let status = posix_fallocate(descriptor, 0, byteCount)
        guard status == 0 else {
            close(descriptor)
            shm_unlink(name)
            return (
                -1, "/dev/shm has no room for \(byteCount >> 20) MiB: \(String(cString: strerror(status)))"
            )
        }
        return (descriptor, nil)
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

/// Why the ranks do not share memory.
public struct SegmentRefusal: Error, Sendable, Hashable {
    /// The first rank that could not make or map the segment; -1 when the run file refuses it.
    public let rank: Int
    /// The size that was asked for.
    public let byteCount: Int
    /// The system's reason.
    public let reason: String
}

extension SegmentRefusal: CustomStringConvertible {
    public var description: String {
        (rank < 0
            ? "The ranks do not share memory (\(reason))" : "Rank \(rank) has no shared memory (\(reason))")
            + ": every rank keeps its own copy of parameters and optimizer state, and gradients travel by messages, "
            + "which is slower. The results are the same."
    }
}
