import LockstepCollectives
import Testing

@Suite struct ExchangeScheduleTests {
    private func schedule(
        _ nodes: Int, _ ranksEach: Int, gradients: Int = 700 * 4096, statistics: Int = 0,
        placement: SumPlacement = .arriving
    ) -> ExchangeSchedule {
        var settings = AllreduceSettings()
        settings.placement = placement
        return ExchangeSchedule(
            nodes: nodes, ranksEach: ranksEach, shards: nodes * ranksEach, gradientCount: gradients,
            statisticsCount: statistics, recordByteCount: 96, settings: settings)
    }

    /// What one node sends to another in a round, that one receives.
    private func requireEqualEnds(_ rounds: [[ExchangeSchedule.Round]], _ what: String) {
        for number in rounds[0].indices {
            for (node, all) in rounds.enumerated() {
                for transfer in all[number].transfers {
                    let other = rounds[transfer.destination][number].transfers.first { $0.source == node }
                    #expect(other?.received ?? 0 == transfer.sent, "\(what), round \(number), node \(node)")
                }
            }
        }
    }

    @Test(arguments: [2, 3, 4, 5, 8, 16, 33, 36, 64], [1, 3, 64]) func whatIsSentIsReceived(
        nodes: Int, ranksEach: Int
    ) {
        for placement in [SumPlacement.whole, .arriving] {
            let schedule = schedule(nodes, ranksEach, gradients: 200 * 4096, placement: placement)
            requireEqualEnds((0..<nodes).map(schedule.recordRounds), "records")
            requireEqualEnds((0..<nodes).map(schedule.squareRounds), "squares")
            let stages = (0..<nodes).map(schedule.stages)
            for index in stages[0].indices {
                requireEqualEnds(stages.map { $0[index].rounds }, "bucket \(index)")
            }
        }
    }

    /// Every node receives the rows of all ranks of the others.
    @Test(arguments: [1, 2, 3, 33, 64], [1, 4]) func rowsOfSparseTables(nodes: Int, ranksEach: Int) {
        let schedule = ExchangeSchedule(
            nodes: nodes, ranksEach: ranksEach, shards: nodes * ranksEach, gradientCount: 4096,
            statisticsCount: 0, recordByteCount: 96, rowByteCount: 1024, settings: AllreduceSettings())
        let rounds = (0..<nodes).map(schedule.rowRounds)
        requireEqualEnds(rounds, "rows")
        for all in rounds {
            #expect(all.reduce(0) { $0 + $1.received } == 1024 * ranksEach * (nodes - 1))
        }
        let without = self.schedule(nodes, ranksEach, gradients: 4096)
        #expect(without.rowRounds(of: 0).isEmpty && without.memory.rows == 0)
        #expect(schedule.memory.rows == 1024 * (nodes * ranksEach + 1))
        if nodes > 1 {
            let more = schedule.traffic(of: 0).bytes - without.traffic(of: 0).bytes
            #expect(more == rounds[0].reduce(0) { $0 + $1.traffic.bytes } && more > 0)
        }
    }

    /// The parts of all nodes are the whole bucket; buckets stay so short that they overlap the backward pass.
    @Test(arguments: [2, 3, 8, 64, 256], [1, 4, 64]) func partsCoverEveryBucket(nodes: Int, ranksEach: Int) {
        let schedule = schedule(nodes, ranksEach)
        var end = 0
        for bucket in 0..<schedule.bucketCount {
            let range = schedule.range(ofBucket: bucket)
            #expect(range.lowerBound == end)
            end = range.upperBound
            #expect(range.count <= max(128, nodes) * 4096, "\(nodes) nodes: \(range)")
            let parts = (0..<nodes).map { schedule.partByteCount(of: $0, bucket: bucket) }
            #expect(parts.reduce(0, +) == 4 * range.count)
        }
        #expect(end == 700 * 4096)
    }

    /// After the rounds every node has the data of all, in messages of which there are few.
    @Test(arguments: [1, 2, 3, 32, 33, 47, 64, 65, 100, 1024]) func allgatherReachesEverybody(nodes: Int) {
        let rounds = GatherRounds(nodes: nodes)
        guard !rounds.isDirect else {
            #expect(nodes <= 32 && rounds.count == (nodes == 1 ? 0 : 1))
            return
        }
        #expect(1 << rounds.count >= nodes && 1 << (rounds.count - 1) < nodes)
        var known = (0..<nodes).map { Set([$0]) }
        for number in 0..<rounds.count {
            let before = known
            for node in 0..<nodes {
                let round = rounds.round(number, of: node)
                let sender = rounds.round(number, of: round.source)
                #expect(sender.destination == node)
                #expect(sender.sent.0 == round.received.0 && sender.sent.1 == round.received.1)
                let data = Set(round.received.0).union(round.received.1)
                #expect(data.isSubset(of: before[round.source]) && data.isDisjoint(with: before[node]))
                known[node].formUnion(data)
            }
        }
        #expect(known.allSatisfy { $0.count == nodes })
    }

    /// Recursive halving sends (n - 1) / n of the gradients, the second half as much.
    @Test func bytesOfAWellKnownCase() {
        let schedule = schedule(8, 1, gradients: 1024 * 4096)
        let gradients = 1024 * 4096 * 4
        let sums = schedule.stages(of: 3).reduce(0) { $0 + $1.rounds.reduce(0) { $0 + $1.traffic.bytes } }
        #expect(sums == gradients * 7 / 8)
        #expect(schedule.deliveryTraffic(of: 3).bytes == gradients * 7 / 8)
        #expect(
            schedule.stages(of: 3).allSatisfy { $0.rounds.map { $0.transfers[0].destination } == [2, 1, 7] })
        // Records of 8 shards of 96 bytes and hashes, and 128 sums of squares.
        #expect(schedule.recordRounds(of: 3).map(\.traffic) == [MessageTraffic(messages: 7, bytes: 7 * 104)])
        #expect(
            schedule.squareRounds(of: 3).map(\.traffic) == [MessageTraffic(messages: 7, bytes: 7 * 128 * 8)])
    }

    /// Messages of records and squares grow with the logarithm of the number of nodes.
    @Test func smallExchangesOfManyNodesTakeFewMessages() {
        let schedule = schedule(1000, 2)
        for rounds in [schedule.recordRounds(of: 7), schedule.squareRounds(of: 7)] {
            #expect(rounds.count == 10)
            #expect(rounds.reduce(0) { $0 + $1.traffic.messages } <= 20)
        }
    }

    /// 262,144 ranks: plans take no time that grows with their square.
    @Test(.timeLimit(.minutes(1))) func theLargestCluster() {
        let schedule = schedule(4096, 64, gradients: 6237 * 4096, statistics: 53120)
        #expect(schedule.bucketCount == 2 && schedule.sharers == 1)
        #expect(schedule.recordByteCount == 4096 * 64 * 96)
        #expect(schedule.traffic(of: 4095).bytes > 0)
        #expect(schedule.memory.stripes < 500 << 20)
    }
}
