/// An allgather of one box of bytes per node, whose lengths all nodes know.
final class BoxExchange {
    private let channel: NodeChannel
    private let rounds: GatherRounds
    private let messages: PendingMessages
    private let memory: UnsafeMutableRawPointer
    /// The start of each node's box, and the end of the last.
    private let offsets: [Int]
    private let byteCounts: [Int]
    private var tag: CInt = 0
    private var round = 0
    private var isUnderWay = false

    /// - Parameter byteCounts: the length of each node's box.
    init(channel: NodeChannel, byteCounts: [Int]) {
        self.channel = channel
        self.byteCounts = byteCounts
        rounds = GatherRounds(nodes: channel.count)
        messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        offsets = BoxExchange.offsets(byteCounts)
        let total = offsets[byteCounts.count]
        memory = .allocate(byteCount: max(64, total), alignment: 64)
        // The gaps between boxes travel as well.
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: total)
    }

    deinit { memory.deallocate() }

    /// The start of each box, at a multiple of 64 bytes, and the end of the last.
    static func offsets(_ byteCounts: [Int]) -> [Int] {
        var offsets = [0]
        for count in byteCounts { offsets.append(offsets[offsets.count - 1] + (count + 63) / 64 * 64) }
        return offsets
    }

    /// The memory of a node's box.
    func box(of node: Int) -> UnsafeMutableRawPointer { memory + offsets[node] }

    /// The messages sent so far.
    var traffic: MessageTraffic { messages.traffic }

    /// Starts the exchange; this node's box is filled.
    func start(tag: CInt) throws(CollectiveError) {
        self.tag = tag
        round = 0
        isUnderWay = true
        guard rounds.isDirect else { return try startRound() }
        let mine = channel.mine
        for distance in 1..<channel.count {
            let peer = (mine + distance) % channel.count
            try messages.receive(box(of: peer), byteCounts[peer], from: peer, tag: tag)
            try messages.send(box(of: mine), byteCounts[mine], to: peer, tag: tag)
        }
    }

    /// Continues when messages have arrived.
    /// - Returns: whether all boxes are filled.
    func advance() throws(CollectiveError) -> Bool {
        while isUnderWay {
            guard try messages.test() else { return false }
            round += 1
            if round >= rounds.count { isUnderWay = false } else { try startRound() }
        }
        return true
    }

    private func startRound() throws(CollectiveError) {
        let next = rounds.round(round, of: channel.mine)
        try receive(next.received.0, from: next.source)
        try receive(next.received.1, from: next.source)
        try send(next.sent.0, to: next.destination)
        try send(next.sent.1, to: next.destination)
    }

    private func receive(_ nodes: Range<Int>, from peer: Int) throws(CollectiveError) {
        guard !nodes.isEmpty else { return }
        let end = offsets[nodes.upperBound] - offsets[nodes.lowerBound]
        try messages.receive(box(of: nodes.lowerBound), end, from: peer, tag: tag)
    }

    private func send(_ nodes: Range<Int>, to peer: Int) throws(CollectiveError) {
        guard !nodes.isEmpty else { return }
        let end = offsets[nodes.upperBound] - offsets[nodes.lowerBound]
        try messages.send(box(of: nodes.lowerBound), end, to: peer, tag: tag)
    }
}
