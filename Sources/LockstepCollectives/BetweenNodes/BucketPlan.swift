import CKernels

/// The division of the flat gradients into buckets and stripes for the exchange between nodes.
///
/// A bucket is a range of the flat order: it is exchanged as soon as its gradients are final on all ranks of
/// a node, during the backward pass. The statistics are the last bucket. Each bucket is divided into stripes,
/// one for each lane that takes part in it: lane i is the i-th rank of every node, and lanes do not
/// communicate with each other.
///
/// All lanes take part in every bucket if there are few parts. Otherwise they take turns, since a part has at
/// least one chunk: buckets for all lanes of all nodes would be so long that nothing could travel during the
/// backward pass.
struct BucketPlan {
    /// The number of floats of each bucket of gradients except the last.
    let length: Int

    /// The ranges in ascending order: gradients, then the statistics (may be empty).
    let buckets: [Range<Int>]
    /// The number of communicating ranks of each node.
    let lanes: Int
    /// The number of lanes that share a bucket.
    let sharers: Int

    init(gradientCount: Int, statisticsCount: Int, layout: NodeLayout, tuning: ExchangeTuning) {
        var buckets: [Range<Int>] = []
        var start = 0
        let nodes = layout.nodes.count
        lanes = tuning.laneCount(ranks: layout.laneCount)
        // Each part of a bucket, summed by one lane of one node, has at least one chunk.
        let chunks = tuning.chunksOfBucket(lanes: lanes, nodes: nodes)
        sharers = min(lanes, max(1, chunks / nodes))
        length = max(chunks, sharers * nodes) * Int(lockstep_chunk)
        while start < gradientCount {
            let end = min(gradientCount, start + length)
            buckets.append(start..<end)
            start = end
        }
        buckets.append(gradientCount..<gradientCount + statisticsCount)
        self.buckets = buckets
    }

    /// The number of gradients.
    var gradientCount: Int { buckets[last].lowerBound }

    /// The buckets that contain gradients of a range.
    func numbers(of range: Range<Int>) -> Range<Int> {
        if range.isEmpty { return 0..<0 }
        return range.lowerBound / length..<(range.upperBound - 1) / length + 1
    }

    /// The bucket of the statistics, which is ready after a rank's whole backward pass.
    var last: Int { buckets.count - 1 }

    /// The lane that has a stripe of a bucket of gradients: stripe `turn`, in ascending order.
    func lane(_ turn: Int, of bucket: Int) -> Int { (turn + bucket * sharers) % lanes }

    /// A lane's part of a bucket; empty for a lane without one. The first lane has all statistics, which are
    /// few.
    func stripe(_ bucket: Int, lane: Int) -> Range<Int> {
        let whole = buckets[bucket]
        if bucket == last { return lane == 0 ? whole : whole.upperBound..<whole.upperBound }
        let turn = (lane + lanes - bucket * sharers % lanes) % lanes
        guard turn < sharers else { return whole.upperBound..<whole.upperBound }
        let part = NodeLayout.slice(turn, of: sharers, count: whole.count, chunk: Int(lockstep_chunk))
        return whole.lowerBound + part.lowerBound..<whole.lowerBound + part.upperBound
    }

    /// The length of a lane's longest stripe.
    var longestStripe: Int {
        var longest = 0
        for bucket in buckets.indices {
            for lane in 0..<lanes { longest = max(longest, stripe(bucket, lane: lane).count) }
        }
        return longest
    }
}
