import LockstepTimeline

/// Measures the network between nodes: every node sends messages to the next one while it receives as many from
/// the one before, on the lanes of the exchange. It takes a fraction of a second; on slow links fewer lanes are
/// measured, fewer times.
struct LinkMeasurement {
    private let communicator: Communicator
    private let lanes: Int
    private let lane: Lane?

    /// What a rank sends and receives.
    private final class Lane {
        let number: Int
        let next: Int
        let previous: Int
        let outgoing: PendingMessages
        let incoming: PendingMessages
        let sent: UnsafeMutableRawPointer
        let received: UnsafeMutableRawPointer

        init(_ number: Int, _ channel: NodeChannel) {
            self.number = number
            next = (channel.mine + 1) % channel.count
            previous = (channel.mine + channel.count - 1) % channel.count
            (outgoing, incoming) = (
                PendingMessages(
                    communicator: channel.communicator, rank: channel.rank, limit: PendingMessages.unasked),
                PendingMessages(
                    communicator: channel.communicator, rank: channel.rank, limit: PendingMessages.unasked)
            )
            sent = .allocate(byteCount: LinkMeasurement.mostBytes, alignment: 64)
            received = .allocate(byteCount: LinkMeasurement.mostBytes, alignment: 64)
            sent.initializeMemory(as: UInt8.self, repeating: 1, count: LinkMeasurement.mostBytes)
            received.initializeMemory(as: UInt8.self, repeating: 0, count: LinkMeasurement.mostBytes)
        }

        deinit {
            sent.deallocate()
            received.deallocate()
        }

        /// Sends and receives some messages of equal length at the same time.
        func exchange(messages: Int, of byteCount: Int) throws(CollectiveError) {
            for number in 0..<messages {
                try incoming.receive(received + number * byteCount, byteCount, from: previous, tag: 0)
                try outgoing.send(sent, byteCount, to: next, tag: 0)
            }
            var backoff = Backoff()
            while true {
                let (haveCome, haveGone) = try (incoming.test(), outgoing.test())
                if haveCome && haveGone { return }
                backoff.after(progress: false)
            }
        }
    }

    /// The length of a long message: what a link needs `target` for, at least `fewestBytes` on all lanes
    /// together and `shortestLong` on each, at most `mostBytes` on each.
    private static let (fewestBytes, shortestLong, mostBytes) = (1 << 17, 1 << 14, 1 << 22)
    /// The time of the long messages of one measurement, in seconds.
    private static let target = 0.015
    /// Longer times, in seconds, are measured twice, and not with more lanes.
    private static let patience = 0.05
    /// The number of short messages that are sent at the same time.
    private static let burst = 33
    private static let shortest = 8
    private static let repetitions = 5

    /// - Parameter channel: the communicator of this rank's lane; nil for a rank without.
    init(communicator: Communicator, layout: NodeLayout, channel: NodeChannel?) {
        self.communicator = communicator
        lanes = layout.laneCount
        lane = channel.map { Lane(layout.localRank, $0) }
    }

    /// Measures. Collective; all ranks get the same result.
    func run() throws(CollectiveError) -> MeasuredLink {
        // The first messages make the connections.
        _ = try seconds(
            lanes: lanes, messages: 1,
            of: max(LinkMeasurement.shortest, LinkMeasurement.fewestBytes / lanes), rounds: 1)
        let first = try seconds(lanes: 1, messages: 1, of: LinkMeasurement.shortest, rounds: 2)
        let rounds = max(2, min(20, Int(0.01 / max(first, 1e-7))))
        let single = try shortest(messages: 1, rounds: rounds)
        let many = try shortest(messages: LinkMeasurement.burst, rounds: 2)
        let overhead = max(0, many - single) / Double(LinkMeasurement.burst - 1)
        var rates: [MeasuredLink.Rate] = []
        var length = LinkMeasurement.fewestBytes
        var count = 1
        while true {
            // All ranks have the same times, and so decide alike.
            var took = try seconds(lanes: count, messages: 1, of: length, rounds: 1) - single
            if took > LinkMeasurement.patience {
                took = min(took, try seconds(lanes: count, messages: 1, of: length, rounds: 1) - single)
            }
            if took <= LinkMeasurement.patience {
                // Long enough that what a link or a socket takes at once does not matter.
                let rate = Double(length * count) / max(took, 1e-7)
                length = max(
                    LinkMeasurement.shortestLong, LinkMeasurement.fewestBytes / count,
                    min(LinkMeasurement.mostBytes, Int(rate * LinkMeasurement.target) / count))
                took = try median(lanes: count, of: length, latency: single)
            }
            rates.append(.init(lanes: count, bytesPerSecond: Double(length * count) / max(took, 1e-7)))
            if count == lanes || took > LinkMeasurement.patience { break }
            count = min(2 * count, lanes)
        }
        return MeasuredLink(latency: max(0, single - overhead), overhead: overhead, rates: rates)
    }

    /// The shortest of several times of short messages: other programs on the hosts only add to it.
    private func shortest(messages: Int, rounds: Int) throws(CollectiveError) -> Double {
        var least = Double.infinity
        for _ in 0..<LinkMeasurement.repetitions {
            least = min(
                least,
                try seconds(lanes: 1, messages: messages, of: LinkMeasurement.shortest, rounds: rounds))
        }
        return least
    }

    /// The median of several times of long messages beyond that of a short one: a link may take some bytes at
    /// once.
    private func median(lanes: Int, of byteCount: Int, latency: Double) throws(CollectiveError) -> Double {
        var times: [Double] = []
        for _ in 0..<LinkMeasurement.repetitions {
            let took = try seconds(lanes: lanes, messages: 1, of: byteCount, rounds: 1) - latency
            times.append(took)
            if times.count(where: { $0 > LinkMeasurement.patience }) == 2 { break }
        }
        return times.sorted()[times.count / 2]
    }

    /// The time of a round on the slowest rank.
    private func seconds(lanes: Int, messages: Int, of byteCount: Int, rounds: Int) throws(CollectiveError)
        -> Double
    {
        try communicator.barrier()
        let mine = try ownSeconds(lanes: lanes, messages: messages, of: byteCount, rounds: rounds)
        return try communicator.allGather(mine).max() ?? 0
    }

    /// The time of a round on this rank; 0 if it sends nothing.
    private func ownSeconds(lanes: Int, messages: Int, of byteCount: Int, rounds: Int)
        throws(CollectiveError) -> Double
    {
        // Every rank counts this wait: the number of its waits is its position.
        communicator.heartbeat?.beginWait()
        defer { communicator.heartbeat?.endWait() }
        guard let lane, lane.number < lanes else { return 0 }
        let begin = StepTimeline.now
        for _ in 0..<rounds { try lane.exchange(messages: messages, of: byteCount) }
        return Double(StepTimeline.now - begin) * 1e-9 / Double(rounds)
    }
}
