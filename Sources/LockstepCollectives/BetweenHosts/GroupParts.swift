/// Which part of a segment is summed by which group.
struct GroupParts {
    /// The number of groups.
    let count: Int
    /// Whether parts come from recursive halving; otherwise they are slices in the order of groups.
    let isHalving: Bool

    /// The rounds of recursive halving.
    var rounds: Int { isHalving ? count.trailingZeroBitCount : 0 }

    /// A group's part and the rest of a range in a round of recursive halving.
    func halves(
        _ range: Range<Int>, of group: Int, round: Int, granularity: Int
    ) -> (kept: Range<Int>, given: Range<Int>) {
        let lower = GroupLayout.slice(0, of: 2, count: range.count, chunk: granularity).count
        let middle = range.lowerBound + lower
        let (low, high) = (range.lowerBound..<middle, middle..<range.upperBound)
        return group >> round & 1 == 0 ? (low, high) : (high, low)
    }

    /// A group's part of a segment.
    /// - Parameter granularity: parts end at multiples of so many elements from the segment's start.
    func part(of group: Int, _ range: Range<Int>, granularity: Int) -> Range<Int> {
        guard isHalving else {
            let part = GroupLayout.slice(group, of: count, count: range.count, chunk: granularity)
            return range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        }
        var part = range
        for round in 0..<rounds {
            part = halves(part, of: group, round: round, granularity: granularity).kept
        }
        return part
    }
}
