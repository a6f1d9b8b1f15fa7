import CKernels

/// How the flat gradients are cut for the exchange between nodes.
///
/// A bucket is a stretch of the flat order: it is exchanged as soon as its gradients are final on all ranks of a node, during
/// the rest of backward. The statistics are the last bucket. Each bucket is cut again among lanes: lane i is the i-th rank of
/// every node, which talk to each other alone.
struct BucketPlan {
    /// The floats in a bucket but the last of gradients.
    let length: Int

    /// The stretches in ascending order: gradients, and last the statistics (perhaps empty).
    let buckets: [Range<Int>]
    /// The number of ranks of each node that talk.
    let lanes: Int

    init(gradientCount: Int, statisticsCount: Int, layout: NodeLayout) {
        var buckets: [Range<Int>] = []
        var start = 0
        lanes = layout.nodes.map(\.count).min() ?? 1
        length = BucketPlan.defaultLength(parts: lanes * layout.nodes.count)
        while start < gradientCount {
            let end = min(gradientCount, start + length)
            buckets.append(start..<end)
            start = end
        }
        buckets.append(gradientCount..<gradientCount + statisticsCount)
        self.buckets = buckets
    }

    /// A part, which one lane of one node sums, has 128 KiB where there are few: a smaller one costs as many messages, and with larger
    /// ones more waits at the end of backward for the last bucket. A bucket has at most 2 MiB, unless a chunk for each part is more.
    private static func defaultLength(parts: Int) -> Int {
        max(parts, min(8 * parts, 128)) * Int(lockstep_chunk)
    }

    /// The number of gradients.
    var gradientCount: Int { buckets[last].lowerBound }

    /// The buckets that some gradients lie in.
    func numbers(of range: Range<Int>) -> Range<Int> {
        if range.isEmpty { return 0..<0 }
        return range.lowerBound / length..<(range.upperBound - 1) / length + 1
    }

    /// The number of the bucket of the statistics: it is ready when a rank's whole backward is.
    var last: Int { buckets.count - 1 }

    /// What a lane exchanges of a bucket. The first lane has all statistics: they are few.
    func stripe(_ bucket: Int, lane: Int) -> Range<Int> {
        let whole = buckets[bucket]
        if bucket == last { return lane == 0 ? whole : whole.upperBound..<whole.upperBound }
        let part = NodeLayout.slice(lane, of: lanes, count: whole.count, chunk: Int(lockstep_chunk))
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
