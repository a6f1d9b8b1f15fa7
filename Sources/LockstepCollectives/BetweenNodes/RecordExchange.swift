/// The record message of a step between nodes: each sends all others the records of its shards, the hash of
/// its parameters, and its sums of the statistics if they are few.
final class RecordExchange {
    private let payload: NodePayload
    private let records: UnsafeMutableRawPointer
    private let hashes: UnsafeMutablePointer<UInt64>
    private let layout: RecordLayout
    private let mine: Int
    /// The message of each node: the statistics of its subtrees, the hash, then the records of its shards.
    private let boxes: BoxExchange
    /// The subtrees of all nodes, as the reduction reads them.
    private let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    private var isUnderWay = false

    /// The statistics in the message; empty if they are many.
    var statistics: Range<Int> { layout.statistics }
    /// The messages sent so far.
    var traffic: MessageTraffic { boxes.traffic }

    /// - Parameters:
    ///   - records: the records of all shards.
    ///   - hashes: shape [nodes].
    init(
        channel: NodeChannel, payload: NodePayload, layout: RecordLayout, records: UnsafeMutableRawPointer,
        hashes: UnsafeMutablePointer<UInt64>
    ) {
        self.payload = payload
        self.records = records
        self.layout = layout
        self.hashes = hashes
        mine = channel.mine
        boxes = BoxExchange(channel: channel, byteCounts: layout.byteCounts)
        let owners = payload.plan.nodeOfSubtree
        sources = .allocate(capacity: owners.count)
        var next = [Int](repeating: 0, count: channel.count)
        for (subtree, node) in owners.enumerated() {
            let place = boxes.box(of: node).assumingMemoryBound(to: Float.self)
            // A box holds only the statistics, but the reduction indexes from the start of the flat buffer.
            sources[subtree] = UnsafePointer(
                place + next[node] * layout.statistics.count - layout.statistics.lowerBound)
            next[node] += 1
        }
    }

    deinit { sources.deallocate() }

    /// Starts the sends; all ranks of this node have written their records and statistics.
    func start(hash: UInt64, tag: CInt) throws(CollectiveError) {
        if !statistics.isEmpty {
            payload.reduceLocally(statistics)
            for (number, subtree) in payload.subtrees.enumerated() {
                let place = boxes.box(of: mine) + number * statistics.count * 4
                place.copyMemory(from: subtree + statistics.lowerBound, byteCount: statistics.count * 4)
            }
        }
        let tail = self.tail(of: mine)
        let part = layout.parts[mine]
        tail.storeBytes(of: hash, as: UInt64.self)
        (tail + 8).copyMemory(from: records + part.lowerBound, byteCount: part.count)
        hashes[mine] = hash
        try boxes.start(tag: tag)
        isUnderWay = true
    }

    /// Reads the messages if all have arrived.
    /// - Returns: whether the exchange is finished.
    func advance() throws(CollectiveError) -> Bool {
        guard isUnderWay else { return true }
        guard try boxes.advance() else { return false }
        for peer in layout.parts.indices where peer != mine {
            let tail = self.tail(of: peer)
            let part = layout.parts[peer]
            hashes[peer] = tail.loadUnaligned(as: UInt64.self)
            (records + part.lowerBound).copyMemory(from: tail + 8, byteCount: part.count)
        }
        if !statistics.isEmpty { payload.finish(statistics, sources: sources) }
        isUnderWay = false
        return true
    }

    /// The end of a node's statistics, where its hash begins.
    private func tail(of node: Int) -> UnsafeMutableRawPointer {
        boxes.box(of: node) + layout.statisticsByteCounts[node]
    }
}
