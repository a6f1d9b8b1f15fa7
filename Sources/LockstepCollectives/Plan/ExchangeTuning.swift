import CKernels

/// Sizes in the exchange between hosts, none of which changes a bit of float32 sums.
public struct ExchangeTuning: Sendable, Hashable {
    /// The number of ranks of each host that send messages, at most all; nil for all.
    public var lanes: Int?
    /// The bytes of the gradients that travel together (a bucket), rounded up to a multiple of 16 KiB, and at
    /// least 16 KiB for each host; nil for 128 KiB for each rank that sends messages, up to 2 MiB.
    public var bucketByteCount: Int?
    /// The largest number of floats that a node sends in total when it sends its subtrees of a stripe whole;
    /// beyond it, a second latency costs less than the bytes.
    package var wholeLimit = 16384
    /// The largest number of gradients whose sums are never divided among nodes: 1 MiB. The latency of a
    /// second half would cost more than it saves.
    package var undividedLimit = 64 * Int(lockstep_chunk)

    /// The defaults.
    public init(lanes: Int? = nil, bucketByteCount: Int? = nil) {
        self.lanes = lanes
        self.bucketByteCount = bucketByteCount
    }

    /// The number of lanes where nodes have at least `ranks` ranks.
    func laneCount(ranks: Int) -> Int { min(ranks, max(1, lanes ?? ranks)) }

    /// The length of a bucket in chunks.
    ///
    /// By default a part, summed by one lane of one node, has 128 KiB if there are few parts: smaller parts
    /// cost as many messages, larger ones a longer wait at the end of the backward pass for the last bucket.
    func chunksOfBucket(lanes: Int, nodes: Int) -> Int {
        let chunk = Int(lockstep_chunk) * MemoryLayout<Float>.stride
        return bucketByteCount.map { max(1, ($0 + chunk - 1) / chunk) }
            ?? min(8 * lanes * nodes, ExchangeTuning.longestInChunks)
    }

    /// The length of 2 MiB in chunks.
    private static let longestInChunks = 128
}
