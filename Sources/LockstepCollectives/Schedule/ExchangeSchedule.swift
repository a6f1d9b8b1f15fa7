import CKernels

/// The messages between nodes in one step, computed by the plans of the exchange itself, without MPI and
/// without memory for gradients: for predictions and simulations of clusters of any size.
///
/// All nodes have the same number of ranks and shards.
package struct ExchangeSchedule: Sendable {
    /// The number of nodes.
    package let nodes: Int
    /// The number of ranks of each node.
    package let ranksEach: Int
    /// The number of gradients.
    package let gradientCount: Int
    /// Whether nodes receive the other nodes' parts during the next forward pass.
    package let isInParts: Bool
    /// Whether what nodes then receive are parameters that their owners have updated (a sharded optimizer).
    package let arrivesUpdated: Bool
    /// The number of subtrees of all ranks.
    package let subtreeCount: Int
    /// The bytes of the rows of sparse tables that each rank sends to all others.
    package let rowByteCount: Int

    private let plan: NodePlan
    private let buckets: BucketPlan
    private let paths: NodePaths
    private let settings: AllreduceSettings
    private let records: RecordLayout
    private let pieces: [[Range<Int>]]

    /// What a node sends to another one and receives from one, before it continues.
    package struct Transfer: Sendable, Hashable {
        /// The receiver of what is sent.
        package var destination: Int
        /// The bytes sent.
        package var sent: Int
        /// The sender of what is received.
        package var source: Int
        /// The bytes received.
        package var received: Int
    }

    /// Transfers that are under way at the same time.
    package struct Round: Sendable, Hashable {
        package var transfers: [Transfer]
        /// The messages that the node sends.
        package var traffic: MessageTraffic
        /// The bytes that are added or copied when everything has arrived.
        package var combined: Int

        /// The bytes received.
        package var received: Int { transfers.reduce(0) { $0 + $1.received } }
    }

    /// The exchange of one bucket on all lanes that share it.
    package struct Stage: Sendable {
        /// The bucket; the last one holds the statistics.
        package var bucket: Int
        /// The gradients of the bucket.
        package var range: Range<Int>
        /// The number of lanes that share the bucket: their messages travel at the same time.
        package var lanes: Int
        /// The chain that exchanges the bucket: buckets of one chain follow each other, chains run side by
        /// side.
        package var chain: Int
        /// The bytes that the lanes read to sum the subtrees of this node's ranks.
        package var summed: Int
        package var rounds: [Round]
    }

    /// - Parameters:
    ///   - shards: at least one per rank.
    ///   - gradientCount: without those of sparse tables.
    ///   - recordByteCount: the length of a shard's record.
    ///   - rowByteCount: the bytes of the rows of sparse tables that each rank has used.
    package init(
        nodes: Int, ranksEach: Int, shards: Int, gradientCount: Int, statisticsCount: Int,
        recordByteCount: Int, rowByteCount: Int = 0, settings: AllreduceSettings
    ) {
        self.rowByteCount = rowByteCount
        self.nodes = nodes
        self.ranksEach = ranksEach
        self.gradientCount = gradientCount
        self.settings = settings
        let layout = NodeLayout(nodes: nodes, ranksEach: ranksEach)
        let reduction = ReductionPlan(shards: shards, ranks: nodes * ranksEach)
        let plan =
            settings.isExact
            ? NodePlan(exact: reduction, nodes: layout.nodes, mine: 0)
            : NodePlan(oneSubtreeEach: reduction, nodes: layout.nodes, mine: 0)
        self.plan = plan
        subtreeCount = reduction.subtrees.count
        buckets = BucketPlan(
            gradientCount: gradientCount, statisticsCount: statisticsCount, layout: layout,
            tuning: settings.tuning)
        paths = NodePaths(count: nodes, algorithm: settings.algorithm, tuning: settings.tuning)
        isInParts = settings.sumsInParts(gradientCount: gradientCount)
        arrivesUpdated = settings.placement == .ownParts
        records = RecordLayout(
            statistics: buckets.buckets[buckets.last], recordByteCount: recordByteCount, reduction: reduction,
            nodes: layout.nodes, plan: plan)
        pieces = BetweenNodes.pieces(paths.parts(plan), buckets)
    }

    /// The number of buckets of gradients.
    package var bucketCount: Int { buckets.last }
    /// The number of communicating ranks of each node.
    package var lanes: Int { buckets.lanes }
    /// The gradients of a bucket.
    package func range(ofBucket bucket: Int) -> Range<Int> { buckets.buckets[bucket] }
    /// The bytes of the records of all shards, which every rank reads.
    package var recordByteCount: Int { records.parts.last?.upperBound ?? 0 }
    /// The number of lanes that share a bucket.
    package var sharers: Int { buckets.sharers }
    /// The number of subtrees that each node sends, at most.
    package var subtrees: Int { plan.mostSubtrees }

    /// The number of chains: see `Stage.chain`.
    package var chains: Int { ExchangeSchedule.chains(of: stages(of: 0)) }

    /// The number of chains of a node's stages.
    static func chains(of stages: [Stage]) -> Int { (stages.map(\.chain).max() ?? -1) + 1 }

    // MARK: Sums

    /// The exchanges of a node's buckets, in the order in which they are published.
    package func stages(of node: Int) -> [Stage] {
        guard settings.placement != .ownGradients else { return [] }
        // The number of stripes that each lane has started: a lane has as many in progress as slots.
        var started = [Int](repeating: 0, count: buckets.lanes)
        var chains: [[Int]: Int] = [:]
        var stages: [Stage] = []
        for bucket in buckets.buckets.indices {
            let isLast = bucket == buckets.last
            if isLast && (buckets.buckets[bucket].isEmpty || !records.statistics.isEmpty) { continue }
            let lanes = isLast ? [0] : (0..<buckets.sharers).map { buckets.lane($0, of: bucket) }
            let stripes = lanes.map { buckets.stripe(bucket, lane: $0) }
            let key = [lanes[0], started[lanes[0]] % NodeExchange.slotCount]
            for lane in lanes { started[lane] += 1 }
            let chain = chains[key] ?? chains.count
            chains[key] = chain
            stages.append(
                Stage(
                    bucket: bucket, range: buckets.buckets[bucket], lanes: lanes.count, chain: chain,
                    summed: buckets.buckets[bucket].count * 4 * ranksEach,
                    rounds: rounds(of: node, stripes.filter { !$0.isEmpty }, isStatistics: isLast)))
        }
        return stages
    }

    /// The rounds of stripes that are exchanged side by side.
    private func rounds(of node: Int, _ stripes: [Range<Int>], isStatistics: Bool) -> [Round] {
        guard let longest = stripes.max(by: { $0.count < $1.count }) else { return [] }
        let work: NodePaths.Work = isInParts && !isStatistics ? .reduceScatter : .allreduce
        // Statistics travel unchanged.
        let format = isStatistics && settings.format != .float32 ? WireFormat.float32 : settings.format
        let granularity = isStatistics ? 16 : Int(lockstep_chunk)
        let parts = paths.parts(plan)
        var rounds: [Round] = []
        var stage: StripeStage? = .first(paths.path(work, plan, format, count: longest.count))
        while let current = stage {
            var transfers: [Int: Transfer] = [:]
            var traffic = MessageTraffic()
            var order: [Int] = []
            var combined = 0
            for stripe in stripes {
                let exchange = StripeTransfers(
                    plan: plan, parts: parts, node: node, stripe: stripe, granularity: granularity,
                    wordByteCount: format == .bfloat16 ? 2 : 4, format: format)
                exchange.forEach(current) { peer, sent, received, pieces in
                    if transfers[peer] == nil { order.append(peer) }
                    var transfer =
                        transfers[peer] ?? Transfer(destination: peer, sent: 0, source: peer, received: 0)
                    transfer.sent += sent
                    transfer.received += received
                    transfers[peer] = transfer
                    for _ in 0..<pieces {
                        traffic.add(byteCount: sent / pieces, limit: PendingMessages.unasked)
                    }
                }
                combined += exchange.combined(current)
            }
            rounds.append(
                Round(transfers: order.compactMap { transfers[$0] }, traffic: traffic, combined: combined))
            stage = current.next(work, parts)
        }
        return rounds
    }

    // MARK: Parts of other nodes

    /// The bytes of a bucket that a node sends to all others after the exchange of sums; 0 if sums are whole.
    package func partByteCount(of node: Int, bucket: Int) -> Int {
        guard isInParts else { return 0 }
        let parts = paths.parts(plan)
        let word = settings.format == .bfloat16 && !arrivesUpdated ? 2 : 4
        return (0..<buckets.sharers).reduce(0) { sum, turn in
            let stripe = buckets.stripe(bucket, lane: buckets.lane(turn, of: bucket))
            return sum + word * parts.part(of: node, stripe, granularity: Int(lockstep_chunk)).count
        }
    }

    /// The messages that a node sends in the second half of an exchange.
    package func deliveryTraffic(of node: Int) -> MessageTraffic {
        guard isInParts else { return MessageTraffic() }
        let parts = paths.parts(plan)
        let word = settings.format == .bfloat16 && !arrivesUpdated ? 2 : 4
        var traffic = MessageTraffic()
        for bucket in 0..<buckets.last {
            for turn in 0..<buckets.sharers {
                let stripe = buckets.stripe(bucket, lane: buckets.lane(turn, of: bucket))
                let part = parts.part(of: node, stripe, granularity: Int(lockstep_chunk))
                for _ in 1..<nodes {
                    traffic.add(byteCount: part.count * word, limit: PendingMessages.unasked)
                }
            }
        }
        return traffic
    }

    // MARK: Small exchanges

    /// The rounds of the records, hashes and few statistics of a node, after its sums.
    package func recordRounds(of node: Int) -> [Round] { rounds(of: node, records.byteCounts) }

    /// The rounds of the sums of squares of a node, after the records; empty if sums are whole.
    package func squareRounds(of node: Int) -> [Round] {
        isInParts ? rounds(of: node, SquareExchange.byteCounts(pieces)) : []
    }

    /// The rounds in which a node receives the rows of sparse tables of all ranks, before its sums; empty without such tables.
    /// MPI's allgather sends them: other rounds with as many bytes, or fewer rounds with more.
    package func rowRounds(of node: Int) -> [Round] {
        guard rowByteCount > 0 else { return [] }
        return rounds(of: node, [Int](repeating: rowByteCount * ranksEach, count: nodes))
    }

    private func rounds(of node: Int, _ byteCounts: [Int]) -> [Round] {
        let gather = GatherRounds(nodes: nodes)
        guard !gather.isDirect else {
            var round = Round(transfers: [], traffic: MessageTraffic(), combined: 0)
            for distance in 1..<max(1, nodes) {
                let peer = (node + distance) % nodes
                round.transfers.append(
                    Transfer(
                        destination: peer, sent: byteCounts[node], source: peer, received: byteCounts[peer]))
                round.traffic.add(byteCount: byteCounts[node], limit: PendingMessages.longest)
                round.combined += byteCounts[peer]
            }
            return nodes > 1 ? [round] : []
        }
        let offsets = BoxExchange.offsets(byteCounts)
        func length(_ nodes: Range<Int>) -> Int { offsets[nodes.upperBound] - offsets[nodes.lowerBound] }
        return (0..<gather.count).map { number in
            let next = gather.round(number, of: node)
            var traffic = MessageTraffic()
            for part in [next.sent.0, next.sent.1] where !part.isEmpty {
                traffic.add(byteCount: length(part), limit: PendingMessages.longest)
            }
            let received = length(next.received.0) + length(next.received.1)
            return Round(
                transfers: [
                    Transfer(
                        destination: next.destination, sent: traffic.bytes, source: next.source,
                        received: received)
                ], traffic: traffic, combined: received)
        }
    }

    // MARK: Memory

    /// The memory of a rank that communicates, beside gradients, parameters and moments, in bytes: working
    /// memory of its lane, and what grows with the number of ranks.
    package struct Memory: Sendable, Hashable {
        /// Received numbers, in all slots of a lane.
        package var stripes: Int
        /// The messages of all nodes with records, hashes and sums of squares, on the first lane.
        package var boxes: Int
        /// The receives of the second half of the exchange.
        package var requests: Int
        /// The plan of the reduction, the numbers of the hosts, and the times of the ranks.
        package var plans: Int
        /// The records of all shards, once per host.
        package var records: Int
        /// The rows of sparse tables of all ranks.
        package var rows: Int
    }

    /// The memory of the exchange.
    package var memory: Memory {
        let foreign = plan.nodeOfSubtree.count { $0 != 0 }
        let inbox = StripeMemory.inboxLength(
            stripe: buckets.longestStripe, foreignSubtrees: max(foreign, nodes - 1), nodes: nodes,
            wholeLimit: settings.tuning.wholeLimit)
        let boxes = [records.byteCounts, SquareExchange.byteCounts(pieces)].map {
            BoxExchange.offsets($0).last ?? 0
        }
        let ranks = nodes * ranksEach
        let subtree = MemoryLayout<Range<Int>>.stride + 2 * MemoryLayout<Int>.stride + 4 * 4
        let rank = MemoryLayout<Int>.stride + 2 * MemoryLayout<Double>.stride
        return Memory(
            stripes: NodeExchange.slotCount * inbox * 4, boxes: boxes.reduce(0, +),
            requests: isInParts ? bucketCount * (nodes - 1) * 12 : 0,
            plans: subtreeCount * subtree + ranks * rank, records: recordByteCount,
            rows: rowByteCount * (ranks + 1))
    }

    /// All messages that the ranks of a node send in a step.
    package func traffic(of node: Int) -> MessageTraffic {
        var sum = deliveryTraffic(of: node)
        for stage in stages(of: node) { for round in stage.rounds { sum = sum + round.traffic } }
        for round in rowRounds(of: node) + recordRounds(of: node) + squareRounds(of: node) {
            sum = sum + round.traffic
        }
        return sum
    }
}

extension TreeAllreduce {
    /// The schedule of this exchange on another number of nodes and ranks, with one shard per rank.
    /// - Parameter rowByteCount: the bytes of the rows of sparse tables that each rank has used.
    package func schedule(nodes: Int, ranksEach: Int, rowByteCount: Int = 0) -> ExchangeSchedule {
        ExchangeSchedule(
            nodes: nodes, ranksEach: ranksEach, shards: nodes * ranksEach, gradientCount: gradientCount,
            statisticsCount: statisticsCount, recordByteCount: recordByteCount,
            rowByteCount: rowByteCount, settings: settings)
    }
}
