import CKernels
import LockstepContracts

/// Memory for a copy of what the ranks of rank 0's host share: all of them write to it, rank 0 reads it.
///
/// Where /dev/shm has no room for it, rank 0 has it alone, in its private memory. Other hosts have none.
///
/// Not Sendable: `DataParallel` decides which rank uses it when. It stays mapped as long as the object lives.
public final class SnapshotMemory {
    /// Why the other ranks of rank 0's host have no part in it; nil where they have, or where there are none.
    public let refusal: SegmentRefusal?
    /// Which part of how many this rank writes; nil for none.
    private let share: (number: Int, count: Int)?
    private let segment: SharedSegment?

    /// Makes the memory and touches all of its pages, so that no page is touched for the first time while other ranks wait. Collective.
    /// - Parameter regions: those that `region` is asked for.
    /// - Throws: `CollectiveError`, also when rank 0 has no memory.
    public init(
        _ regions: [SharedRegion], communicator: Communicator, allreduce: TreeAllreduce
    ) throws(CollectiveError) {
        let isOnFirstHost = allreduce.nodeNumber == 0
        // Ranks without shared memory are nodes of their own.
        if allreduce.nodeCount < communicator.size {
            // Every host makes a segment, since all ranks take part in that; elsewhere it is a small one.
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

    /// Of a region of `count` floats those that this rank is to write: cut like the slices of `TreeAllreduce`. Nil on a rank that has
    /// no part in the memory.
    public func slice(count: Int) -> Range<Int>? {
        share.map { NodeLayout.slice($0.number, of: $0.count, count: count, chunk: Int(lockstep_chunk)) }
    }

    /// The memory of a region that was asked for. Traps on a rank that has none.
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
