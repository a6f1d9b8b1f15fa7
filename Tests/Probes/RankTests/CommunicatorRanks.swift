import LockstepCollectives

extension RankTests {
    /// `numbering RANKS [HOSTS]`: ranks are numbered by (host, local rank), each number once.
    static func numbering(_ arguments: [String]) throws {
        let communicator = try Communicator(hostGrouping: arguments.count > 1 ? Int(arguments[1]) : nil)
        try require(communicator.size == Int(arguments[0]), "\(communicator.size) ranks, not \(arguments[0])")
        let ranks: [Int] = try communicator.allGather(communicator.rank)
        try require(ranks == Array(0..<communicator.size), "ranks \(ranks)")
        let hosts: [Int] = try communicator.allGather(communicator.hostIndex)
        try require(hosts == hosts.sorted() && hosts == communicator.hostOfRank, "hosts \(hosts)")
        try require(communicator.localSize == hosts.count { $0 == communicator.hostIndex }, "local size")
        try communicator.finalize()
    }

    /// `gather`: lists of different lengths arrive whole; broadcasts of any length too.
    static func gatherAndBroadcast(_ arguments: [String]) throws {
        let communicator = try Communicator()
        let mine = [UInt8](repeating: UInt8(communicator.rank), count: communicator.rank * 3)
        let all = try communicator.allGather(mine)
        for (rank, bytes) in all.enumerated() {
            try require(bytes == [UInt8](repeating: UInt8(rank), count: rank * 3), "bytes of rank \(rank)")
        }
        let text = communicator.rank == 0 ? Array("a run file".utf8) : []
        try require(try communicator.broadcast(text) == Array("a run file".utf8), "broadcast")
        try require(try communicator.broadcast([]) == [], "empty broadcast")
        try require(try communicator.agree(true), "all agree")
        try require(try communicator.agree(communicator.rank > 0) == false, "rank 0 disagrees")
        try communicator.finalize()
    }

    /// `barrier`: many steps of a tiny allreduce, with ranks that are late in turn.
    static func barrierStress(_ arguments: [String]) throws {
        let communicator = try Communicator()
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: 4096, statisticsCount: 0,
            recordByteCount: 8, regions: [])
        guard let fold = allreduce.foldSteps.first else { return }
        for step in 0..<3000 {
            if step % 500 == communicator.rank { for _ in 0..<100_000 { _ = step &* step } }
            allreduce.buffer(for: fold)[0] = Float(step)
            try allreduce.exchange()
            if allreduce.slice.contains(0) {
                try require(
                    allreduce.sum[0] == Float(step * communicator.size), "step \(step): \(allreduce.sum[0])")
            }
            allreduce.nodeBarrier()
        }
        try communicator.finalize()
    }
}
