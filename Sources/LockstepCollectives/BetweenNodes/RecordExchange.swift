/// The record message of a step between nodes: each sends all others the records of its shards, the hash of
/// its parameters, and its sums of the statistics if they are few.
final class RecordExchange {
    private let channel: NodeChannel
    private let messages: PendingMessages
    private let payload: NodePayload
    private let records: UnsafeMutableRawPointer
    private let hashes: UnsafeMutablePointer<UInt64>
    /// The byte range of each node's records in `records`.
    private let parts: [Range<Int>]
    /// The statistics in the message; empty if they are many.
    let statistics: Range<Int>
    /// The message of each node: the statistics of its subtrees, the hash, then the records of its shards.
    private let boxes: UnsafeMutableRawPointer
    private let offsets: [Int]
    /// The subtrees of all nodes, as the reduction reads them.
    private let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    private var isUnderWay = false

    /// The largest number of statistics in the message.
    private static let limit = 8192

    /// - Parameters:
    ///   - statistics: the elements of the flat buffer behind the gradients.
    ///   - parts: the byte range of the records of each node's shards.
    ///   - hashes: shape [nodes].
    init(
        channel: NodeChannel, payload: NodePayload, statistics: Range<Int>,
        records: UnsafeMutableRawPointer,
        parts: [Range<Int>], hashes: UnsafeMutablePointer<UInt64>
    ) {
        self.channel = channel
        self.payload = payload
        self.records = records
        self.parts = parts
        self.hashes = hashes
        self.statistics =
            statistics.count <= RecordExchange.limit
            ? statistics : statistics.upperBound..<statistics.upperBound
        messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        let owners = payload.plan.nodeOfSubtree
        var offsets = [0]
        for (node, part) in parts.enumerated() {
            let subtrees = owners.count { $0 == node }
            let size = subtrees * self.statistics.count * 4 + 8 + part.count
            offsets.append(offsets[node] + (size + 63) / 64 * 64)
        }
        self.offsets = offsets
        boxes = .allocate(byteCount: offsets[parts.count], alignment: 64)
        sources = .allocate(capacity: owners.count)
        var next = [Int](repeating: 0, count: parts.count)
        for (subtree, node) in owners.enumerated() {
            let place = (boxes + offsets[node]).assumingMemoryBound(to: Float.self)
            // A box holds only the statistics, but the reduction indexes from the start of the flat buffer.
            sources[subtree] = UnsafePointer(
                place + next[node] * self.statistics.count - self.statistics.lowerBound)
            next[node] += 1
        }
    }

    deinit {
        boxes.deallocate()
        sources.deallocate()
    }

    /// Starts the sends; all ranks of this node have written their records and statistics.
    func start(hash: UInt64, tag: CInt) throws(CollectiveError) {
        let mine = channel.mine
        if !statistics.isEmpty {
            payload.reduceLocally(statistics)
            for (number, subtree) in payload.subtrees.enumerated() {
                let place = boxes + offsets[mine] + number * statistics.count * 4
                place.copyMemory(from: subtree + statistics.lowerBound, byteCount: statistics.count * 4)
            }
        }
        let tail = self.tail(of: mine)
        tail.storeBytes(of: hash, as: UInt64.self)
        (tail + 8).copyMemory(from: records + parts[mine].lowerBound, byteCount: parts[mine].count)
        hashes[mine] = hash
        for peer in 0..<channel.count where peer != mine {
            try messages.receive(boxes + offsets[peer], byteCount(of: peer), from: peer, tag: tag)
            try messages.send(boxes + offsets[mine], byteCount(of: mine), to: peer, tag: tag)
        }
        isUnderWay = true
    }

    /// Reads the messages if all have arrived.
    /// - Returns: whether the exchange is finished.
    func advance() throws(CollectiveError) -> Bool {
        guard isUnderWay else { return true }
        guard try messages.test() else { return false }
        for peer in 0..<channel.count where peer != channel.mine {
            let tail = self.tail(of: peer)
            hashes[peer] = tail.loadUnaligned(as: UInt64.self)
            (records + parts[peer].lowerBound).copyMemory(from: tail + 8, byteCount: parts[peer].count)
        }
        if !statistics.isEmpty { payload.finish(statistics, sources: sources) }
        isUnderWay = false
        return true
    }

    /// The end of a node's statistics, where its hash begins.
    private func tail(of node: Int) -> UnsafeMutableRawPointer {
        var subtrees = 0
        for owner in payload.plan.nodeOfSubtree where owner == node { subtrees += 1 }
        return boxes + offsets[node] + subtrees * statistics.count * 4
    }

    private func byteCount(of node: Int) -> Int {
        tail(of: node) - (boxes + offsets[node]) + 8 + parts[node].count
    }
}
