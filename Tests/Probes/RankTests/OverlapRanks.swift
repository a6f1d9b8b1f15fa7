import Foundation
import LockstepCollectives

extension RankTests {
    /// `overlap FORMAT ALGORITHM [HOSTS]`: gradients that are published piece by piece, by ranks that are
    /// late in turn, over several buckets. float32 gives the bits of the tree; bf16 its sum to the precision
    /// of bfloat16; top-k loses nothing: sums and residuals together equal the gradients. With momentum that
    /// holds for elements that no host has sent, and the others' velocities start anew. In all forms all
    /// ranks see the same.
    static func overlappedAllreduce(_ arguments: [String]) throws {
        let communicator = try Communicator(hostGrouping: arguments.count > 2 ? Int(arguments[2]) : nil)
        let formats: [String: WireFormat] = [
            "float32": .float32, "bf16": .bfloat16, "top-k": .topK(fraction: 0.01),
            "top-k-momentum": .topK(fraction: 0.01),
        ]
        guard let format = formats[arguments[0]], let algorithm = AllreduceAlgorithm(rawValue: arguments[1])
        else { throw RankTestFailure(message: "unknown: \(arguments)") }
        for shards in communicator.size...communicator.size + 1 {
            try OverlappedSums(
                communicator, shards: shards, format, algorithm,
                momentum: arguments[0] == "top-k-momentum" ? HostMomentum(decay: 0.5) : nil
            ).run()
        }
        try communicator.finalize()
    }
}

private struct OverlappedSums {
    let communicator: Communicator
    let shards: Int
    let format: WireFormat
    let algorithm: AllreduceAlgorithm
    let allreduce: TreeAllreduce
    /// More than twice as many buckets as are under way at once, the last one a part, and statistics: also
    /// with two lanes of two groups.
    static let gradients = 417 * 4096
    static let statistics = 48
    static let steps = 3

    init(
        _ communicator: Communicator, shards: Int, _ format: WireFormat, _ algorithm: AllreduceAlgorithm,
        momentum: HostMomentum?
    ) throws {
        self.communicator = communicator
        self.shards = shards
        self.format = format
        self.algorithm = algorithm
        allreduce = try TreeAllreduce(
            communicator: communicator, shards: shards, gradientCount: Self.gradients,
            statisticsCount: Self.statistics, recordByteCount: 16, regions: [],
            settings: AllreduceSettings(algorithm: algorithm, format: format, hostMomentum: momentum))
    }

    func run() throws {
        let count = Self.gradients + Self.statistics
        var received = [Double](repeating: 0, count: count)
        for step in 0..<Self.steps {
            for fold in allreduce.foldSteps {
                let buffer = allreduce.buffer(for: fold)
                let isLast = fold == allreduce.foldSteps.last
                var begin = 0
                // Pieces that end in the middle of buckets; the last one is published by `exchange`.
                for end in [3 * 4096 + 5, 64 * 4096 - 1, 64 * 4096 + 1, 300 * 4096 + 7, count] {
                    for i in begin..<end { buffer[i] = Self.value(step, fold.shard, i) }
                    begin = end
                    guard isLast, end < count else { continue }
                    if (communicator.rank + step) % 3 == 0 { usleep(2000) }
                    allreduce.publish(before: end)
                }
                allreduce.record(fold.shard).storeBytes(of: Double(fold.shard * 10 + step), as: Double.self)
                allreduce.fold(after: fold)
            }
            try allreduce.exchange()
            for shard in 0..<shards {
                let record = allreduce.record(shard).load(as: Double.self)
                try RankTests.require(record == Double(shard * 10 + step), "record \(shard): \(record)")
            }
            try check(step)
            for i in 0..<count { received[i] += Double(allreduce.sum[i]) }
            allreduce.nodeBarrier()
        }
        if allreduce.velocity != nil {
            try checkMomentum(received)
        } else if format.hasResidual {
            try checkNothingIsLost(received)
        }
    }

    private func check(_ step: Int) throws {
        var hash: UInt64 = 0
        for i in 0..<Self.gradients + Self.statistics {
            let sum = allreduce.sum[i]
            hash = hash &* 31 &+ UInt64(sum.bitPattern)
            // MPI's order is its own; compressed sums are near the exact one.
            let isExact = format.isExact && algorithm != .mpi
            if !isExact && format.hasResidual && i < Self.gradients { continue }
            let expected = ReductionPlan.folded(0..<shards, { Self.value(step, $0, i) }, +)
            let size = (0..<shards).reduce(Float(0)) { $0 + abs(Self.value(step, $1, i)) }
            let isRight = isExact ? sum.bitPattern == expected.bitPattern : abs(sum - expected) <= size * 0.02
            try RankTests.require(
                isRight, "\(shards) shards, step \(step), element \(i): \(sum), not \(expected)")
        }
        let hashes: [UInt64] = try communicator.allGather(hash)
        try RankTests.require(hashes.allSatisfy { $0 == hashes[0] }, "ranks have different sums")
        let norms: [Double] = try communicator.allGather(allreduce.squareSum())
        try RankTests.require(norms.allSatisfy { $0 == norms[0] && $0 > 0 }, "square sums: \(norms)")
    }

    /// What was summed in all steps, and what all hosts keep, is what all shards had.
    private func checkNothingIsLost(_ received: [Double]) throws {
        let all = try kept(allreduce.residual)
        var sent = 0
        for i in 0..<Self.gradients {
            var expected = 0.0
            var size = 1e-6
            for step in 0..<Self.steps {
                for shard in 0..<shards {
                    expected += Double(Self.value(step, shard, i))
                    size += abs(Double(Self.value(step, shard, i)))
                }
            }
            let there = received[i] + all.reduce(0) { $0 + Double($1[i]) }
            try RankTests.require(
                abs(there - expected) < 1e-5 * size, "element \(i): \(there), not \(expected)")
            if received[i] != 0 { sent += 1 }
        }
        try requireFew(sent)
    }

    /// Residuals and velocities of elements that no host has sent are those of an uninterrupted momentum;
    /// those of elements sent in the last step are zero.
    private func checkMomentum(_ received: [Double]) throws {
        let residuals = try kept(allreduce.residual)
        let velocities = try kept(allreduce.velocity)
        var (sent, empty) = (0, 0)
        for i in 0..<Self.gradients {
            for (residual, velocity) in zip(residuals, velocities) where residual[i] == 0 && velocity[i] == 0
            {
                empty += 1
            }
            guard received[i] == 0 else {
                sent += 1
                continue
            }
            var (velocity, residual, size) = (0.0, 0.0, 1e-6)
            for step in 0..<Self.steps {
                let values = (0..<shards).map { Double(Self.value(step, $0, i)) }
                velocity = 0.5 * velocity + 0.5 * values.reduce(0, +)
                residual += velocity
                size += values.reduce(0) { $0 + abs($1) }
            }
            let (keptResidual, keptVelocity) = (sum(residuals, i), sum(velocities, i))
            try RankTests.require(
                abs(keptResidual - residual) < 1e-5 * size && abs(keptVelocity - velocity) < 1e-5 * size,
                "element \(i): \(keptResidual), \(keptVelocity), not \(residual), \(velocity)")
        }
        // Other ranks of a host sent zeros.
        empty -= (communicator.size - allreduce.nodeCount) * Self.gradients
        let least = allreduce.nodeCount * 41 * Self.gradients / 4096
        try RankTests.require(empty >= least, "\(empty) elements start anew, not at least \(least)")
        try requireFew(sent)
    }

    private func sum(_ all: [[Float]], _ index: Int) -> Double {
        all.reduce(0) { $0 + Double($1[index]) }
    }

    /// What each host keeps, by rank; zeros from ranks that are not the first of their host.
    private func kept(_ memory: UnsafeMutablePointer<Float>?) throws -> [[Float]] {
        guard let memory else { throw RankTestFailure(message: "no residual, or no velocity") }
        let isFirst = allreduce.nodeRank == 0
        let kept = [Float](unsafeUninitializedCapacity: Self.gradients) { values, count in
            for i in 0..<Self.gradients { values[i] = isFirst ? memory[i] : 0 }
            count = Self.gradients
        }
        return try communicator.allGather(kept.withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        }
    }

    private func requireFew(_ sent: Int) throws {
        // At most 1% of each host's gradients in each step, of chunks of 4,096: 41 of them.
        let most = Self.steps * allreduce.nodeCount * 41 * Self.gradients / 4096
        try RankTests.require(sent > 0 && sent <= most, "\(sent) elements were sent, at most \(most)")
    }

    /// Numbers of very different sizes: their sum depends on the order of additions.
    private static func value(_ step: Int, _ shard: Int, _ index: Int) -> Float {
        var bits = UInt64(step * 1_000_003 + shard * 7919 + index) &* 0x9E37_79B9_7F4A_7C15
        bits ^= bits >> 29
        let mantissa = Float(Int64(bits & 0xFFFF) - 0x8000) / 0x8000
        return mantissa * (bits & 0x70000 == 0 ? 10_000 : 1)
    }
}
