/// Which ranks share memory, and which slice each of them sums. A node is the ranks of a host, or one rank
/// where memory is not shared.
struct NodeLayout {
    /// The ranks of each node; contiguous.
    let nodes: [Range<Int>]
    /// The node of this rank.
    let mine: Int
    /// This rank's number in its node.
    let localRank: Int

    /// A layout of nodes with equal numbers of ranks, as the first rank sees it.
    init(nodes count: Int, ranksEach: Int) {
        nodes = (0..<count).map { $0 * ranksEach..<($0 + 1) * ranksEach }
        mine = 0
        localRank = 0
    }

    init(communicator: Communicator, isShared: Bool) {
        guard isShared else {
            nodes = (0..<communicator.size).map { $0..<$0 + 1 }
            mine = communicator.rank
            localRank = 0
            return
        }
        var nodes: [Range<Int>] = []
        for rank in 0..<communicator.size {
            if rank > 0 && communicator.hostOfRank[rank] == communicator.hostOfRank[rank - 1] {
                nodes[nodes.count - 1] = nodes[nodes.count - 1].lowerBound..<rank + 1
            } else {
                nodes.append(rank..<rank + 1)
            }
        }
        self.nodes = nodes
        mine = communicator.hostIndex
        localRank = communicator.localRank
    }

    /// The number of ranks in this rank's node.
    var localSize: Int { nodes[mine].count }

    /// The largest number of lanes: every node has as many ranks.
    var laneCount: Int { nodes.map(\.count).min() ?? 1 }

    /// Whether all nodes have as many ranks.
    var isEven: Bool { nodes.allSatisfy { $0.count == laneCount } }

    /// This rank's lane, if all lanes are in use; nil for a rank that has none on every node.
    var lane: Int? { localRank < laneCount ? localRank : nil }

    /// Part `part` of `parts` of `count` floats, cut at chunk borders.
    static func slice(_ part: Int, of parts: Int, count: Int, chunk: Int) -> Range<Int> {
        let chunks = (count + chunk - 1) / chunk
        let begin = min(count, part * chunks / parts * chunk)
        let end = min(count, (part + 1) * chunks / parts * chunk)
        return begin..<end
    }
}
