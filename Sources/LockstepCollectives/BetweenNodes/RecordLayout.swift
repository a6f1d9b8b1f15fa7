/// The layout of the record message of each node.
struct RecordLayout {
    /// The elements of the flat buffer that travel in the message: the statistics behind the gradients; empty
    /// if they are many.
    let statistics: Range<Int>
    /// The byte range of the records of each node's shards.
    let parts: [Range<Int>]
    /// The bytes of the statistics in each node's message.
    let statisticsByteCounts: [Int]

    /// The length of each node's message: statistics, hash, records.
    var byteCounts: [Int] { zip(statisticsByteCounts, parts).map { $0 + 8 + $1.count } }

    /// The largest number of statistics in the message.
    private static let limit = 8192

    /// - Parameter statistics: the elements of the flat buffer behind the gradients.
    init(
        statistics all: Range<Int>, recordByteCount: Int, reduction: ReductionPlan, nodes: [Range<Int>],
        plan: NodePlan
    ) {
        let statistics = all.count <= RecordLayout.limit ? all : all.upperBound..<all.upperBound
        self.statistics = statistics
        parts = nodes.map { ranks in
            let shards = reduction.block(ofRanks: ranks)
            return shards.lowerBound * recordByteCount..<shards.upperBound * recordByteCount
        }
        var counts = [Int](repeating: 0, count: nodes.count)
        for node in plan.nodeOfSubtree { counts[node] += statistics.count * 4 }
        statisticsByteCounts = counts
    }
}
