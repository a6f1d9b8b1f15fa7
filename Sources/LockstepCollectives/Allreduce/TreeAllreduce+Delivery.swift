import LockstepTimeline

/// The second half of an exchange where hosts have sums in parts: they travel while this rank computes the next step.
extension TreeAllreduce {
    /// Lets the parts of all hosts go to all others, and says what is to be done with what arrives.
    ///
    /// Every rank calls it after `exchange`, and before its next `exchange` waits for everything.
    /// - Parameters:
    ///   - buffer: with `SumPlacement.ownParts` what goes out instead of the sums, laid out as they are and final in `pieces` on all ranks
    ///     of this host; nil for the sums.
    ///   - body: is called with every stripe of which all is there, on one rank of this host, and with this host's own part of
    ///     it; by this rank's communication thread, or from one of the waits below. It must live until those are over.
    /// - Throws: `CollectiveError` when a message fails.
    public func deliver(
        _ buffer: UnsafeMutablePointer<Float>? = nil,
        _ body: @escaping (_ stripe: Range<Int>, _ own: Range<Int>) -> Void
    ) throws(CollectiveError) {
        try between?.deliver(buffer, body)
    }

    /// Whether stripes that some gradients lie in have all been delivered.
    public func isDelivered(_ range: Range<Int>) -> Bool { between?.isThere(range) ?? true }

    /// Waits until the stripes that some gradients lie in have been delivered.
    /// - Throws: `CollectiveError` when a message fails.
    public func waitForDelivery(of range: Range<Int>) throws(CollectiveError) {
        try between?.wait(for: range)
    }

    /// Waits until all stripes have been delivered: then gradients may be written again.
    /// - Throws: `CollectiveError` when a message fails.
    public func waitForDelivery() throws(CollectiveError) {
        try between?.waitForAll()
    }
}
