import CKernels

/// Working memory for the exchange of one stripe, sized for the longest one.
final class StripeMemory {
    /// Received floats of other nodes, to be added.
    let inbox: UnsafeMutablePointer<Float>
    /// The bfloat16 values received for `inbox`.
    let roundedInbox: UnsafeMutablePointer<UInt16>
    /// The stripe as bfloat16, sent and received in place.
    let rounded: UnsafeMutablePointer<UInt16>
    /// The sparse entries of all nodes in sequence.
    let entries: UnsafeMutablePointer<lockstep_sparse_entry>

    /// - Parameters:
    ///   - stripe: the number of floats in the longest stripe.
    ///   - foreignSubtrees: the number of subtrees of other nodes.
    ///   - wholeLimit: the largest number of floats that arrive whole.
    ///   - entryCount: the largest number of entries that a node sends of a stripe; 0 unless sparse.
    init(stripe: Int, foreignSubtrees: Int, nodes: Int, wholeLimit: Int, isRounded: Bool, entryCount: Int) {
        let length = StripeMemory.inboxLength(
            stripe: stripe, foreignSubtrees: foreignSubtrees, nodes: nodes, wholeLimit: wholeLimit)
        inbox = .allocate(capacity: length)
        roundedInbox = .allocate(capacity: isRounded ? length : 1)
        rounded = .allocate(capacity: isRounded ? stripe + 1 : 1)
        entries = .allocate(capacity: 1 + nodes * entryCount)
        capacity = length
    }

    /// The length of `inbox`: recursive halving receives up to half a stripe, the direct algorithm a slice of
    /// each subtree; the smallest stripes arrive whole, together at most `wholeLimit`.
    static func inboxLength(stripe: Int, foreignSubtrees: Int, nodes: Int, wholeLimit: Int) -> Int {
        let chunks = (stripe + Int(lockstep_chunk) - 1) / Int(lockstep_chunk)
        let slice = min(stripe, (chunks + nodes - 1) / nodes * Int(lockstep_chunk))
        return 1 + max(stripe, foreignSubtrees * slice, min(wholeLimit, stripe * foreignSubtrees))
    }

    /// The capacity of `inbox` in floats.
    let capacity: Int

    deinit {
        inbox.deallocate()
        roundedInbox.deallocate()
        rounded.deallocate()
        entries.deallocate()
    }
}
