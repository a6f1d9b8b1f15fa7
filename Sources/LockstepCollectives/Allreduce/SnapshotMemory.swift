import CKernels
import LockstepContracts

/// Memory for a copy of the shared state of rank 0's host: all of its ranks write to it, rank 0 reads it.
///
/// Where /dev/shm has no room, rank 0 alone copies, to private memory. Other hosts have none.
///
/// Not Sendable: `DataParallel` decides which rank uses it when. It stays mapped for the lifetime of the
/// object.
public final class SnapshotMemory {
    /// Why rank 0 copies alone; nil if the ranks of its host share the memory, or if there are no others.
    public let refusal: SegmentRefusal?
    /// The part that this rank writes; nil for none.
    private let share: (number: Int, count: Int)?
    private let segment: SharedSegment?

    /// Allocates the memory and touches all of its pages, so that no first touch happens while other ranks
    /// wait. Collective.
    /// - Parameter regions: the regions, accessed by `region`.
    /// - Throws: `CollectiveError`, also when rank 0 has no memory.
    public init(
        _ regions: [SharedRegion], communicator: Communicator, allreduce: TreeAllreduce
    ) throws(CollectiveError) {
        let isOnFirstHost = allreduce.nodeNumber == 0
        // Without shared memory each rank is a node.
        if allreduce.nodeCount < communicator.size {
            // Making a segment is collective; other hosts make a small one.
            let mine = isOnFirstHost ? regions : [SharedRegion("none", byteCount: 64)]
            switch try SharedSegment.make(mine, communicator: communicator) {
            case .success(let made):
                refusal = nil
                segment = isOnFirstHost ? made : nil
                share = isOnFirstHost ? (allreduce.nodeRank, allreduce.nodeSize) : nil
                for region in regions where isOnFirstHost {
                    made.touch(
                        region.name, region.part(ofLocalRank: allreduce.nodeRank, of: allreduce.nodeSize))
                }
                return
            case .failure(let reason): refusal = reason
            }
        } else {
            refusal = nil
        }
        guard communicator.rank == 0 else {
            (segment, share) = (nil, nil)
            return
        }
        let made = try SharedSegment(privateRegions: regions)
        for region in regions { made.touch(region.name, 0..<region.byteCount) }
        (segment, share) = (made, (0, 1))
    }

    /// The part of a region of `count` floats that this rank writes, cut like the slices of `TreeAllreduce`;
    /// nil on a rank without access to the memory.
    public func slice(count: Int) -> Range<Int>? {
        share.map { NodeLayout.slice($0.number, of: $0.count, count: count, chunk: Int(lockstep_chunk)) }
    }

    /// The memory of a region. Traps on a rank without access.
    public func region(_ name: String) -> UnsafeMutableRawPointer {
        guard let segment else { brokenContract("SnapshotMemory: this rank has no part in \(name)") }
        return segment.region(name)
    }
}

extension SharedSegment {
    /// Writes to every page of a part of a region, in bytes.
    fileprivate func touch(_ name: String, _ part: Range<Int>) {
        let start = region(name)
        for offset in stride(from: part.lowerBound, to: part.upperBound, by: 4096) {
            start.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }
}
