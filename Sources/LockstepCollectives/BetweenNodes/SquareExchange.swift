import CKernels

/// The exchange of sums of squares of gradients that nodes hold in parts: every node sends those of its
/// chunks to all others.
final class SquareExchange {
    private let channel: NodeChannel
    private let messages: PendingMessages
    /// The parts of the gradients of each node, which end at chunk borders.
    private let pieces: [[Range<Int>]]
    private let boxes: [UnsafeMutablePointer<Double>]
    private let counts: [Int]

    init(channel: NodeChannel, pieces: [[Range<Int>]]) {
        self.channel = channel
        self.pieces = pieces
        messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        counts = pieces.map { $0.reduce(0) { $0 + $1.count / Int(lockstep_chunk) } }
        boxes = counts.map { .allocate(capacity: max(1, $0)) }
    }

    deinit { for box in boxes { box.deallocate() } }

    /// Completes the sums; this node's are present.
    func run(_ sums: UnsafeMutablePointer<Double>, tag: CInt) throws(CollectiveError) {
        let mine = channel.mine
        copy(mine) { $0[$1] = sums[$2] }
        for peer in 0..<channel.count where peer != mine {
            try messages.receive(boxes[peer], counts[peer] * 8, from: peer, tag: tag)
            try messages.send(boxes[mine], counts[mine] * 8, to: peer, tag: tag)
        }
        var backoff = Backoff()
        while try !messages.test() { backoff.after(progress: false) }
        for peer in 0..<channel.count where peer != mine { copy(peer) { sums[$2] = $0[$1] } }
    }

    /// Calls `body` with a node's box, the index in it, and the chunk.
    private func copy(_ node: Int, _ body: (UnsafeMutablePointer<Double>, Int, Int) -> Void) {
        let chunk = Int(lockstep_chunk)
        var place = 0
        for piece in pieces[node] {
            for number in piece.lowerBound / chunk..<piece.upperBound / chunk {
                body(boxes[node], place, number)
                place += 1
            }
        }
    }
}
