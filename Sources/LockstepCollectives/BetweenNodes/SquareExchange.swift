import CKernels

/// The exchange of sums of squares of gradients that nodes hold in parts: every node sends those of its
/// chunks to all others.
final class SquareExchange {
    private let mine: Int
    private let boxes: BoxExchange
    /// The parts of the gradients of each node, which end at chunk borders.
    private let pieces: [[Range<Int>]]

    /// The messages sent so far.
    var traffic: MessageTraffic { boxes.traffic }

    init(channel: NodeChannel, pieces: [[Range<Int>]]) {
        mine = channel.mine
        self.pieces = pieces
        boxes = BoxExchange(channel: channel, byteCounts: SquareExchange.byteCounts(pieces))
    }

    /// The length of each node's message.
    static func byteCounts(_ pieces: [[Range<Int>]]) -> [Int] {
        pieces.map { $0.reduce(0) { $0 + $1.count / Int(lockstep_chunk) } * MemoryLayout<Double>.stride }
    }

    /// Completes the sums; this node's are present.
    func run(_ sums: UnsafeMutablePointer<Double>, tag: CInt) throws(CollectiveError) {
        copy(mine) { $0[$1] = sums[$2] }
        try boxes.start(tag: tag)
        var backoff = Backoff()
        while try !boxes.advance() { backoff.after(progress: false) }
        for peer in pieces.indices where peer != mine { copy(peer) { sums[$2] = $0[$1] } }
    }

    /// Calls `body` with a node's box, the index in it, and the chunk.
    private func copy(_ node: Int, _ body: (UnsafeMutablePointer<Double>, Int, Int) -> Void) {
        let chunk = Int(lockstep_chunk)
        let box = boxes.box(of: node).assumingMemoryBound(to: Double.self)
        var place = 0
        for piece in pieces[node] {
            for number in piece.lowerBound / chunk..<piece.upperBound / chunk {
                body(box, place, number)
                place += 1
            }
        }
    }
}
