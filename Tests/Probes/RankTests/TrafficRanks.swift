import LockstepCollectives

extension RankTests {
    /// `traffic HOSTS GRADIENTS STATISTICS [brief]`: the messages of a step are those of the schedule, and sums
    /// are those of the tree, in each way to place sums; `brief`, with the default settings.
    static func traffic(_ arguments: [String]) throws {
        let numbers = arguments.compactMap { Int($0) }
        let isBrief = arguments.last == "brief"
        try require(
            numbers.count == 3 && arguments.count == (isBrief ? 4 : 3), "unknown: \(arguments)")
        let communicator = try Communicator(hostGrouping: numbers[0])
        if isBrief {
            var settings = AllreduceSettings()
            settings.placement = .arriving
            try CountedSteps(communicator, settings, numbers[1], numbers[2]).run()
            return try communicator.finalize()
        }
        for placement in [SumPlacement.whole, .arriving, .ownParts] {
            for format in [WireFormat.float32, .bfloat16, .topK(fraction: 0.01)] {
                guard placement == .whole || !format.hasResidual else { continue }
                for algorithm in [AllreduceAlgorithm.auto, .tree] {
                    var settings = AllreduceSettings(algorithm: algorithm, format: format)
                    settings.placement = placement
                    try CountedSteps(communicator, settings, numbers[1], numbers[2]).run()
                }
            }
        }
        try communicator.finalize()
    }
}

struct CountedSteps {
    let communicator: Communicator
    let allreduce: TreeAllreduce
    static let steps = 2

    init(_ communicator: Communicator, _ settings: AllreduceSettings, _ gradients: Int, _ statistics: Int)
        throws
    {
        self.communicator = communicator
        allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: gradients,
            statisticsCount: statistics, recordByteCount: 24, regions: [], settings: settings)
    }

    func run() throws {
        let (fold, count) = (allreduce.foldSteps[0], allreduce.gradientCount + allreduce.statisticsCount)
        for step in 0..<Self.steps {
            let buffer = allreduce.buffer(for: fold)
            for i in 0..<count { buffer[i] = value(step, fold.shard, i) }
            allreduce.publish(before: count / 3)
            allreduce.record(fold.shard).storeBytes(of: UInt64(fold.shard + step), as: UInt64.self)
            allreduce.parameterHash = UInt64(1000 * allreduce.nodeNumber + step)
            try allreduce.exchange()
            for shard in 0..<communicator.size {
                let record = allreduce.record(shard).load(as: UInt64.self)
                try RankTests.require(record == UInt64(shard + step), "record \(shard): \(record)")
            }
            for node in 0..<allreduce.nodeCount {
                let hash = allreduce.hash(ofNode: node)
                try RankTests.require(hash == UInt64(1000 * node + step), "hash of \(node): \(hash)")
            }
            let isOwn = allreduce.settings.placement == .ownParts
            if allreduce.settings.format.isExact, isOwn || !allreduce.isInParts {
                try check(step, in: allreduce.pieces)
            }
            allreduce.nodeBarrier()
            if allreduce.isInParts {
                try allreduce.deliver(isOwn ? allreduce.sum : nil) { _, _ in }
                try allreduce.waitForDelivery()
                allreduce.nodeBarrier()
                if allreduce.settings.format.isExact { try check(step, in: [0..<allreduce.gradientCount]) }
            }
            try communicator.barrier()
        }
        let messages: [Int] = try communicator.allGather(allreduce.traffic.messages)
        let bytes: [Int] = try communicator.allGather(allreduce.traffic.bytes)
        let node = allreduce.nodeNumber
        var sum = MessageTraffic()
        for rank in 0..<communicator.size where communicator.hostOfRank[rank] == node {
            sum = sum + MessageTraffic(messages: messages[rank], bytes: bytes[rank])
        }
        let planned = allreduce.schedule(nodes: allreduce.nodeCount, ranksEach: allreduce.nodeSize)
            .traffic(of: node)
        try RankTests.require(
            sum.messages == planned.messages * Self.steps && sum.bytes == planned.bytes * Self.steps,
            "\(allreduce.settings): node \(node) sent \(sum) in \(Self.steps) steps; planned \(planned) in each"
        )
    }

    private func check(_ step: Int, in pieces: [Range<Int>]) throws {
        // Many ranks on few cores look at every 1,009th number.
        let distance = communicator.size > 16 ? 1009 : 1
        for piece in pieces {
            for i in stride(from: piece.lowerBound, to: piece.upperBound, by: distance) {
                let expected = ReductionPlan.folded(0..<communicator.size, { value(step, $0, i) }, +)
                try RankTests.require(
                    allreduce.sum[i].bitPattern == expected.bitPattern,
                    "\(allreduce.settings), step \(step), element \(i): \(allreduce.sum[i]), not \(expected)")
            }
        }
    }

    private func value(_ step: Int, _ shard: Int, _ index: Int) -> Float {
        Float((step * 31 + shard * 7 + index) % 1009) * 1.1
    }
}
