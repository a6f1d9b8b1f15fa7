import LockstepTimeline

/// The second half of an exchange in which each host holds the sums of its parts: the parts travel while this
/// rank computes the next step.
extension TreeAllreduce {
    /// Sends the parts of every host to all others, and sets the handler for arrived stripes.
    ///
    /// Every rank calls it after `exchange`. The next `exchange` waits until it is complete.
    /// - Parameters:
    ///   - buffer: with `SumPlacement.ownParts` the values to send instead of the sums, in the same layout
    ///     and final in `pieces` on all ranks of this host; nil for the sums.
    ///   - body: called on one rank of this host for every complete stripe, with the stripe and this host's
    ///     part of it, by the communication thread or within one of the waits below. It must stay valid until
    ///     those return.
    /// - Throws: `CollectiveError` when a message fails.
    public func deliver(
        _ buffer: UnsafeMutablePointer<Float>? = nil,
        _ body: @escaping (_ stripe: Range<Int>, _ own: Range<Int>) -> Void
    ) throws(CollectiveError) {
        try between?.deliver(buffer, body)
    }

    /// Whether all stripes with gradients of this range have been delivered.
    public func isDelivered(_ range: Range<Int>) -> Bool { between?.isThere(range) ?? true }

    /// Waits until all stripes with gradients of this range have been delivered.
    /// - Throws: `CollectiveError` when a message fails.
    public func waitForDelivery(of range: Range<Int>) throws(CollectiveError) {
        try between?.wait(for: range)
    }

    /// Waits until all stripes have been delivered; then gradients may be overwritten.
    /// - Throws: `CollectiveError` when a message fails.
    public func waitForDelivery() throws(CollectiveError) {
        try between?.waitForAll()
    }
}
