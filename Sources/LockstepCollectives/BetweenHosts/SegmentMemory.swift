import CKernels

/// Working memory for the exchange of one segment, for the longest segment there is.
final class SegmentMemory {
    /// Floats of other groups that are added here.
    let inbox: UnsafeMutablePointer<Float>
    /// What was received into `inbox`, as bfloat16.
    let roundedInbox: UnsafeMutablePointer<UInt16>
    /// The segment as bfloat16: what is sent, and what comes in place.
    let rounded: UnsafeMutablePointer<UInt16>
    /// The entries of all groups in the sparse form, one group after the other.
    let entries: UnsafeMutablePointer<lockstep_sparse_entry>

    /// - Parameters:
    ///   - segment: the floats in the longest segment.
    ///   - foreignRoots: the number of roots of other groups.
    ///   - entryCount: the most entries that a group sends of a segment; 0 without the sparse form.
    init(segment: Int, foreignRoots: Int, groups: Int, isRounded: Bool, entryCount: Int) {
        // Halving receives up to half a segment, the direct way a slice of each root; the smallest segments come whole.
        let slice = segment / groups + Int(lockstep_chunk)
        let length = 1 + segment + foreignRoots * max(slice, min(segment, GroupChannel.wholeLimit))
        inbox = .allocate(capacity: length)
        roundedInbox = .allocate(capacity: isRounded ? length : 1)
        rounded = .allocate(capacity: isRounded ? segment + 1 : 1)
        entries = .allocate(capacity: 1 + groups * entryCount)
        capacity = length
    }

    /// The floats that `inbox` has place for.
    let capacity: Int

    deinit {
        inbox.deallocate()
        roundedInbox.deallocate()
        rounded.deallocate()
        entries.deallocate()
    }
}
