import CKernels

/// Moves parts and error feedback of all nodes to the first node and back, for checkpoints. Called by the
/// first lane.
struct StateExchange {
    private let channel: NodeChannel
    /// The parts of the flat buffer of each node, in ascending order.
    private let pieces: [[Range<Int>]]
    private let tag: CInt = 100

    init(channel: NodeChannel, pieces: [[Range<Int>]]) {
        self.channel = channel
        self.pieces = pieces
    }

    /// Gathers the parts of all nodes into a whole buffer on the first node.
    /// - Parameters:
    ///   - compact: this node's parts in sequence.
    ///   - whole: the buffer; nil on other nodes.
    func gather(
        _ compact: UnsafeMutablePointer<Float>, into whole: UnsafeMutablePointer<Float>?
    ) throws(CollectiveError) {
        try move(compact, whole) { (messages, place, count, peer) throws(CollectiveError) in
            if channel.mine == 0 {
                try messages.receive(place, count * 4, from: peer, tag: tag)
            } else {
                try messages.send(place, count * 4, to: peer, tag: tag)
            }
        } copy: { part, piece in
            piece.update(from: part.pointer, count: part.count)
        }
    }

    /// Scatters the whole buffer of the first node: every node receives its parts.
    func scatter(
        _ whole: UnsafeMutablePointer<Float>?, into compact: UnsafeMutablePointer<Float>
    ) throws(CollectiveError) {
        try move(compact, whole) { (messages, place, count, peer) throws(CollectiveError) in
            if channel.mine == 0 {
                try messages.send(place, count * 4, to: peer, tag: tag)
            } else {
                try messages.receive(place, count * 4, from: peer, tag: tag)
            }
        } copy: { part, piece in
            part.pointer.update(from: piece, count: part.count)
        }
    }

    /// Copies the buffer of node g to buffer g of `all` on the first node.
    func collect(
        _ mine: UnsafeMutablePointer<Float>, count: Int, into all: [UnsafeMutablePointer<Float>]
    ) throws(CollectiveError) {
        let messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        if channel.mine == 0 {
            all[0].update(from: mine, count: count)
            for peer in 1..<channel.count {
                try messages.receive(all[peer], count * 4, from: peer, tag: tag)
            }
        } else {
            try messages.send(mine, count * 4, to: 0, tag: tag)
        }
        try wait(messages)
    }

    /// Copies buffer g of the first node to node g.
    func distribute(
        _ all: [UnsafeMutablePointer<Float>], count: Int, into mine: UnsafeMutablePointer<Float>
    ) throws(CollectiveError) {
        let messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        if channel.mine == 0 {
            mine.update(from: all[0], count: count)
            for peer in 1..<channel.count { try messages.send(all[peer], count * 4, to: peer, tag: tag) }
        } else {
            try messages.receive(mine, count * 4, from: 0, tag: tag)
        }
        try wait(messages)
    }

    private func move(
        _ compact: UnsafeMutablePointer<Float>, _ whole: UnsafeMutablePointer<Float>?,
        message: (PendingMessages, UnsafeMutablePointer<Float>, Int, Int) throws(CollectiveError) -> Void,
        copy: ((pointer: UnsafeMutablePointer<Float>, count: Int), UnsafeMutablePointer<Float>) -> Void
    ) throws(CollectiveError) {
        let messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        var place = 0
        for piece in pieces[channel.mine] {
            if channel.mine == 0, let whole {
                copy((compact + place, piece.count), whole + piece.lowerBound)
            } else {
                try message(messages, compact + place, piece.count, 0)
            }
            place += piece.count
        }
        if channel.mine == 0, let whole {
            for peer in 1..<channel.count {
                for piece in pieces[peer] {
                    try message(messages, whole + piece.lowerBound, piece.count, peer)
                }
            }
        }
        try wait(messages)
    }

    private func wait(_ messages: PendingMessages) throws(CollectiveError) {
        var backoff = Backoff()
        while try !messages.test() { backoff.after(progress: false) }
    }
}
