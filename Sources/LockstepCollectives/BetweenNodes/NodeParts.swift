/// The part of a stripe that each node sums.
struct NodeParts {
    /// The number of nodes.
    let count: Int
    /// Whether parts result from recursive halving; otherwise they are slices in node order.
    let isHalving: Bool

    /// The number of rounds of recursive halving.
    var rounds: Int { isHalving ? count.trailingZeroBitCount : 0 }

    /// The halves of a range that a node keeps and gives away in a round of recursive halving.
    func halves(
        _ range: Range<Int>, of node: Int, round: Int, granularity: Int
    ) -> (kept: Range<Int>, given: Range<Int>) {
        let lower = NodeLayout.slice(0, of: 2, count: range.count, chunk: granularity).count
        let middle = range.lowerBound + lower
        let (low, high) = (range.lowerBound..<middle, middle..<range.upperBound)
        return node >> round & 1 == 0 ? (low, high) : (high, low)
    }

    /// A node's part of a stripe.
    /// - Parameter granularity: parts end at multiples of this number of elements from the start of the
    ///   stripe.
    func part(of node: Int, _ range: Range<Int>, granularity: Int) -> Range<Int> {
        guard isHalving else {
            let part = NodeLayout.slice(node, of: count, count: range.count, chunk: granularity)
            return range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        }
        var part = range
        for round in 0..<rounds {
            part = halves(part, of: node, round: round, granularity: granularity).kept
        }
        return part
    }
}
