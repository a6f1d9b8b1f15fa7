/// The rounds of an allgather between nodes: the data, the sender and the receiver of each message.
///
/// Few nodes send their data to all others at once, which costs one latency and a message per node. Many take
/// ceil(log2 count) rounds with one or two messages each: in round k node i sends the data of 2^k nodes, its
/// data first, to node i - 2^k (Bruck et al., "Efficient Algorithms for All-to-All Communications in
/// Multiport Message-Passing Systems", 1997). The bytes are the same.
package struct GatherRounds: Sendable {
    /// The number of nodes.
    package let nodes: Int

    /// One round of a node with one peer to send to and one to receive from: the nodes whose data travel, as
    /// two ranges of consecutive numbers, the second of which may be empty.
    package struct Round: Sendable {
        package var destination: Int
        package var sent: (Range<Int>, Range<Int>)
        package var source: Int
        package var received: (Range<Int>, Range<Int>)
    }

    /// The largest number of nodes that send to all others at once. A message costs its sender and its
    /// receiver a microsecond or two each, a round one latency.
    static let directLimit = 32

    package init(nodes: Int) { self.nodes = nodes }

    /// Whether every node sends to all others at once.
    package var isDirect: Bool { nodes <= GatherRounds.directLimit }

    /// The number of rounds.
    package var count: Int {
        if nodes == 1 { return 0 }
        return isDirect ? 1 : Int.bitWidth - (nodes - 1).leadingZeroBitCount
    }

    /// Round `number` of node `mine`, unless the exchange is direct.
    package func round(_ number: Int, of mine: Int) -> Round {
        let distance = 1 << number
        let count = min(distance, nodes - distance)
        let source = (mine + distance) % nodes
        return Round(
            destination: (mine + nodes - distance) % nodes, sent: consecutive(from: mine, count),
            source: source, received: consecutive(from: source, count))
    }

    private func consecutive(from first: Int, _ count: Int) -> (Range<Int>, Range<Int>) {
        let end = min(nodes, first + count)
        return (first..<end, 0..<first + count - end)
    }
}
