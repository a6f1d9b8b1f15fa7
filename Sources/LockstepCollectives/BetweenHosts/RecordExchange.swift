/// A step's small message between groups: each tells all others the records of its shards and the hash of its parameters.
final class RecordExchange {
    private let channel: GroupChannel
    private let messages: PendingMessages
    private let records: UnsafeMutableRawPointer
    private let hashes: UnsafeMutablePointer<UInt64>
    /// The bytes of each group's records in `records`.
    private let parts: [Range<Int>]
    /// A message of each group: the records of its shards, then the hash.
    private let boxes: UnsafeMutableRawPointer
    private let offsets: [Int]
    private var isUnderWay = false

    /// - Parameters:
    ///   - parts: for each group the bytes of its shards' records.
    ///   - hashes: one place for each group.
    init(
        channel: GroupChannel, records: UnsafeMutableRawPointer, parts: [Range<Int>],
        hashes: UnsafeMutablePointer<UInt64>
    ) {
        self.channel = channel
        self.records = records
        self.parts = parts
        self.hashes = hashes
        messages = PendingMessages(communicator: channel.communicator, rank: channel.rank)
        var offsets = [0]
        for part in parts { offsets.append(offsets[offsets.count - 1] + part.count + 8) }
        self.offsets = offsets
        boxes = .allocate(byteCount: offsets[parts.count], alignment: 64)
    }

    deinit { boxes.deallocate() }

    /// Starts to tell; the records of all ranks of this group have been written.
    func start(hash: UInt64, tag: CInt) throws(CollectiveError) {
        let mine = channel.mine
        let box = boxes + offsets[mine]
        box.copyMemory(from: records + parts[mine].lowerBound, byteCount: parts[mine].count)
        (box + parts[mine].count).storeBytes(of: hash, as: UInt64.self)
        hashes[mine] = hash
        for peer in 0..<channel.count where peer != mine {
            try messages.receive(boxes + offsets[peer], parts[peer].count + 8, from: peer, tag: tag)
            try messages.send(box, parts[mine].count + 8, to: peer, tag: tag)
        }
        isUnderWay = true
    }

    /// Takes the messages if all have come.
    /// - Returns: whether the exchange is finished.
    func advance() throws(CollectiveError) -> Bool {
        guard isUnderWay else { return true }
        guard try messages.test() else { return false }
        for peer in 0..<channel.count where peer != channel.mine {
            let box = boxes + offsets[peer]
            (records + parts[peer].lowerBound).copyMemory(from: box, byteCount: parts[peer].count)
            hashes[peer] = (box + parts[peer].count).loadUnaligned(as: UInt64.self)
        }
        isUnderWay = false
        return true
    }
}
