import CKernels
internal import CMPI

/// The second half of an exchange between nodes: every node sends its part of each bucket to all others
/// (allgather).
///
/// Buckets are sent in any order and received in any order: the message of each bucket from each other node
/// has a posted receive as soon as its place is free. The highest ready bucket is sent first, since the next
/// forward pass reads parameters from there.
///
/// During the backward pass a node sends at most two buckets more than it has received from every other node:
/// sent data may still wait on this host, in front of the sums that others need first.
final class AllGatherExchange {
    private let channel: NodeChannel
    private let buckets: BucketPlan
    private let lane: Int
    private let parts: NodeParts
    /// Whether numbers travel as bfloat16; they are already rounded.
    private let isRounded: Bool
    private var buffer: UnsafeMutablePointer<Float>?

    private enum State {
        /// This node's part is not final.
        case waiting
        case ready
        case sent
    }
    /// The state of each bucket, without the statistics.
    private let states: UnsafeMutablePointer<State>
    /// The number of missing messages, by bucket.
    private let missing: UnsafeMutablePointer<Int32>
    /// The complete buckets, in order of completion.
    private let arrived: UnsafeMutablePointer<Int32>
    private var arrivedCount = 0
    private var takenCount = 0
    /// The receives: number `(bucket * peers + peer) * messagesPerPart + message`.
    private let requests: UnsafeMutablePointer<lockstep_mpi_request>
    private let numbers: UnsafeMutablePointer<CInt>
    private var pendingCount = 0
    /// The number of missing messages, by bucket and peer.
    private let absent: UnsafeMutablePointer<Int32>
    /// The number of buckets received, by peer.
    private let received: UnsafeMutablePointer<Int>
    private let outgoing: [PendingMessages]
    private let rounded: [UnsafeMutablePointer<UInt16>]
    private var sentCount = 0

    private let count: Int
    private let peers: Int
    private let messagesPerPart: Int

    /// How many buckets may be sent.
    enum Pace {
        /// None: other messages of this node go first.
        case none
        /// A few: others still need sums from this node.
        case sparing
        /// As many as the link carries.
        case full
    }

    /// The number of buckets by which a node may be ahead of others.
    private static let lead = 2
    /// The number of buckets in flight.
    private static let slotCount = 4

    /// Other messages have smaller tags.
    private static let firstTag = 1000

    /// - Parameter format: the format of the messages.
    init(channel: NodeChannel, plan: NodePlan, buckets: BucketPlan, lane: Int, format: WireFormat) {
        self.channel = channel
        self.buckets = buckets
        self.lane = lane
        parts = channel.paths.parts(plan)
        isRounded = format == .bfloat16
        count = buckets.last
        peers = channel.count - 1
        var longestPart = 0
        for node in 0..<channel.count {
            for bucket in 0..<buckets.last {
                let part = parts.part(
                    of: node, buckets.stripe(bucket, lane: lane), granularity: Int(lockstep_chunk))
                longestPart = max(longestPart, part.count)
            }
        }
        messagesPerPart = max(
            1, (longestPart * 4 + PendingMessages.unasked - 1) / PendingMessages.unasked)
        let places = count * peers * messagesPerPart
        states = .allocate(capacity: count)
        states.initialize(repeating: .waiting, count: count)
        missing = .allocate(capacity: count)
        missing.initialize(repeating: 0, count: count)
        arrived = .allocate(capacity: count)
        arrived.initialize(repeating: 0, count: count)
        requests = .allocate(capacity: places)
        requests.initialize(repeating: lockstep_mpi_no_request(), count: places)
        numbers = .allocate(capacity: places)
        numbers.initialize(repeating: 0, count: places)
        absent = .allocate(capacity: count * peers)
        absent.initialize(repeating: 0, count: count * peers)
        received = .allocate(capacity: peers)
        received.initialize(repeating: 0, count: peers)
        outgoing = (0..<AllGatherExchange.slotCount).map { _ in
            PendingMessages(
                communicator: channel.communicator, rank: channel.rank, limit: PendingMessages.unasked)
        }
        let longest = buckets.longestStripe
        let isRounded = isRounded
        rounded = outgoing.map { _ in .allocate(capacity: isRounded ? longest : 1) }
    }

    deinit {
        states.deallocate()
        missing.deallocate()
        arrived.deallocate()
        requests.deallocate()
        numbers.deallocate()
        absent.deallocate()
        received.deallocate()
        for buffer in rounded { buffer.deallocate() }
    }

    /// The messages sent so far.
    var traffic: MessageTraffic { outgoing.reduce(MessageTraffic()) { $0 + $1.traffic } }

    /// Whether no message is in flight. Buckets that are not ready do not count.
    var isAtRest: Bool { pendingCount == 0 && outgoing.allSatisfy(\.isEmpty) }

    /// Whether all buckets have been sent and taken.
    var isDone: Bool { sentCount == count && takenCount == count && isAtRest }

    /// Whether there is a bucket to send at this pace.
    func hasReady(_ pace: Pace) -> Bool {
        switch pace {
        case .none: false
        case .sparing: !isAhead && ready != nil
        case .full: ready != nil
        }
    }

    /// Prepares the next exchange, after the previous one is done.
    func reset() {
        states.update(repeating: .waiting, count: count)
        received.update(repeating: 0, count: peers)
        (arrivedCount, takenCount, sentCount) = (0, 0, 0)
    }

    /// A node's part of a bucket.
    func part(of node: Int, _ bucket: Int) -> Range<Int> {
        parts.part(
            of: node, buckets.stripe(bucket, lane: lane), granularity: Int(lockstep_chunk))
    }

    /// Marks this node's part of a bucket as final, and the other nodes' parts of the buffer as free to be
    /// overwritten.
    func release(_ bucket: Int, of buffer: UnsafeMutablePointer<Float>) throws(CollectiveError) {
        self.buffer = buffer
        states[bucket] = .ready
        missing[bucket] = 0
        for peer in 0..<peers {
            let part = part(of: node(peer), bucket)
            if part.isEmpty {
                received[peer] += 1
                continue
            }
            missing[bucket] += 1
            pendingCount += 1
            let number = bucket * peers + peer
            let place = UnsafeMutableRawPointer(buffer + part.lowerBound) + (isRounded ? part.count * 2 : 0)
            let byteCount = part.count * (isRounded ? 2 : 4)
            absent[number] = 0
            for offset in stride(from: 0, to: byteCount, by: PendingMessages.unasked) {
                let status = lockstep_mpi_ireceive(
                    place + offset, CInt(min(PendingMessages.unasked, byteCount - offset)),
                    CInt(node(peer)), tag(bucket), channel.communicator,
                    requests + (number * messagesPerPart + Int(absent[number])))
                try check(status, "MPI_Irecv", rank: channel.rank)
                absent[number] += 1
            }
        }
        if missing[bucket] == 0 { noteArrival(bucket) }
    }

    /// Completes receives, and sends buckets at this pace.
    /// - Returns: whether there was progress.
    func advance(_ pace: Pace) throws(CollectiveError) -> Bool {
        var moved = try receive()
        for index in outgoing.indices {
            if !outgoing[index].isEmpty, try outgoing[index].test() { moved = true }
            if outgoing[index].isEmpty, hasReady(pace), let bucket = ready {
                try send(bucket, slot: index)
                moved = true
            }
        }
        return moved
    }

    /// The next complete bucket, each once; nil for none.
    func takeArrived() -> Int? {
        guard takenCount < arrivedCount else { return nil }
        takenCount += 1
        return Int(arrived[takenCount - 1])
    }

    private func receive() throws(CollectiveError) -> Bool {
        guard pendingCount > 0 else { return false }
        var done: CInt = 0
        let status = lockstep_mpi_test_some(
            CInt(count * peers * messagesPerPart), requests, &done, numbers)
        try check(status, "a message between hosts", rank: channel.rank)
        for index in 0..<Int(done) {
            let number = Int(numbers[index]) / messagesPerPart
            absent[number] -= 1
            if absent[number] > 0 { continue }
            let (bucket, peer) = number.quotientAndRemainder(dividingBy: peers)
            if isRounded, let buffer {
                let part = part(of: node(peer), bucket)
                lockstep_bfloat16_widen_in_place(buffer + part.lowerBound, part.count)
            }
            pendingCount -= 1
            received[peer] += 1
            missing[bucket] -= 1
            if missing[bucket] == 0 { noteArrival(bucket) }
        }
        return done > 0
    }

    private func send(_ bucket: Int, slot: Int) throws(CollectiveError) {
        states[bucket] = .sent
        sentCount += 1
        let mine = part(of: channel.mine, bucket)
        guard !mine.isEmpty, let buffer else { return }
        if isRounded { lockstep_bfloat16_round(rounded[slot], buffer + mine.lowerBound, mine.count) }
        // Each node starts with another one, or all would send to node 0 first.
        for distance in 1...peers {
            let peer = (channel.mine + distance) % channel.count
            if isRounded {
                try outgoing[slot].send(rounded[slot], mine.count * 2, to: peer, tag: tag(bucket))
            } else {
                try outgoing[slot].send(
                    buffer + mine.lowerBound, mine.count * 4, to: peer, tag: tag(bucket))
            }
        }
    }

    private func noteArrival(_ bucket: Int) {
        arrived[arrivedCount] = Int32(bucket)
        arrivedCount += 1
    }

    /// The next bucket to send.
    private var ready: Int? {
        var bucket = count - 1
        while bucket >= 0, states[bucket] != .ready { bucket -= 1 }
        return bucket < 0 ? nil : bucket
    }

    private var isAhead: Bool {
        for peer in 0..<peers where sentCount >= received[peer] + AllGatherExchange.lead { return true }
        return false
    }

    private func node(_ peer: Int) -> Int { peer < channel.mine ? peer : peer + 1 }

    private func tag(_ bucket: Int) -> CInt { CInt(AllGatherExchange.firstTag + bucket) }
}
