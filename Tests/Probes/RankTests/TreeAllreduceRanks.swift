import LockstepCollectives

extension RankTests {
    /// `tree-allreduce allowed|refused [HOSTS]`: the sum equals the serial sum in tree order, to the last bit, for
    /// all numbers of shards that these ranks can share.
    static func treeAllreduce(_ arguments: [String]) throws {
        let policy = SharedMemoryPolicy(rawValue: arguments.first ?? "allowed") ?? .allowed
        let communicator = try Communicator(hostGrouping: arguments.count > 1 ? Int(arguments[1]) : nil)
        for shards in communicator.size...max(9, communicator.size + 3) {
            try sumEqualsTree(communicator, shards: shards, policy: policy)
        }
        try communicator.finalize()
    }

    private static func sumEqualsTree(
        _ communicator: Communicator, shards: Int, policy: SharedMemoryPolicy
    ) throws {
        let gradients = 5 * 4096
        let statistics = 48
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: shards, gradientCount: gradients, statisticsCount: statistics,
            recordByteCount: 16, regions: [SharedRegion("parameters", byteCount: gradients * 4)],
            settings: AllreduceSettings(sharedMemory: policy))
        let shared = allreduce.region("parameters").assumingMemoryBound(to: Float.self)
        for step in 0..<3 {
            for fold in allreduce.foldSteps {
                let buffer = allreduce.buffer(for: fold)
                for i in 0..<gradients + statistics { buffer[i] = value(step, fold.shard, i) }
                allreduce.record(fold.shard).storeBytes(of: Double(fold.shard * 10 + step), as: Double.self)
                allreduce.fold(after: fold)
            }
            allreduce.parameterHash = UInt64(1000 + step)
            try allreduce.exchange()
            for i in Array(allreduce.slice) + Array(gradients..<gradients + statistics) {
                let expected = ReductionPlan.folded(0..<shards, { value(step, $0, i) }, +)
                let sum = i < gradients ? allreduce.sum[i] : allreduce.statisticsSum[i - gradients]
                try require(
                    sum.bitPattern == expected.bitPattern,
                    "\(shards) shards, step \(step), element \(i): \(sum), not \(expected)")
            }
            for shard in 0..<shards {
                let record = allreduce.record(shard).load(as: Double.self)
                try require(record == Double(shard * 10 + step), "record of shard \(shard) is \(record)")
            }
            if allreduce.nodeCount > 1 {
                for node in 0..<allreduce.nodeCount {
                    try require(allreduce.hash(ofNode: node) == UInt64(1000 + step), "hash of \(node)")
                }
            }
            let norms: [Double] = try communicator.allGather(allreduce.squareSum())
            try require(norms.allSatisfy { $0 == norms[0] && $0 > 0 }, "square sums differ: \(norms)")
            for i in allreduce.slice { shared[i] = allreduce.sum[i] }
            allreduce.nodeBarrier()
            if allreduce.nodeCount == 1 {
                for i in stride(from: 0, to: gradients, by: 997) {
                    try require(
                        shared[i] == ReductionPlan.folded(0..<shards, { value(step, $0, i) }, +),
                        "shared element \(i)")
                }
            }
            allreduce.nodeBarrier()
        }
    }

    /// Numbers of very different sizes: their sum depends on the order of additions.
    private static func value(_ step: Int, _ shard: Int, _ index: Int) -> Float {
        var bits = UInt64(step * 1_000_003 + shard * 7919 + index) &* 0x9E37_79B9_7F4A_7C15
        bits ^= bits >> 29
        let mantissa = Float(Int64(bits & 0xFFFF) - 0x8000) / 0x8000
        return mantissa * (bits & 0x70000 == 0 ? 10_000 : 1)
    }
}
