import CKernels

/// Working memory for the exchange of one stripe, for the longest stripe there is.
final class StripeMemory {
    /// Floats of other nodes that are added here.
    let inbox: UnsafeMutablePointer<Float>
    /// What was received into `inbox`, as bfloat16.
    let roundedInbox: UnsafeMutablePointer<UInt16>
    /// The stripe as bfloat16: what is sent, and what comes in place.
    let rounded: UnsafeMutablePointer<UInt16>
    /// The entries of all nodes in the sparse form, one node after the other.
    let entries: UnsafeMutablePointer<lockstep_sparse_entry>

    /// - Parameters:
    ///   - stripe: the floats in the longest stripe.
    ///   - foreignSubtrees: the number of subtrees of other nodes.
    ///   - entryCount: the most entries that a node sends of a stripe; 0 without the sparse form.
    init(stripe: Int, foreignSubtrees: Int, nodes: Int, isRounded: Bool, entryCount: Int) {
        // Halving receives up to half a stripe, the direct way a slice of each subtree; the smallest stripes come whole.
        let slice = stripe / nodes + Int(lockstep_chunk)
        let length = 1 + stripe + foreignSubtrees * max(slice, min(stripe, NodeChannel.wholeLimit))
        inbox = .allocate(capacity: length)
        roundedInbox = .allocate(capacity: isRounded ? length : 1)
        rounded = .allocate(capacity: isRounded ? stripe + 1 : 1)
        entries = .allocate(capacity: 1 + nodes * entryCount)
        capacity = length
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
