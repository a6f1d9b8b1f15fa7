import LockstepCollectives

extension RankTests {
    /// `large`: broadcasts, gathers and sums by messages of more bytes than MPI counts in one call. Two ranks take 9 GiB.
    static func largeMessages(_ arguments: [String]) throws {
        let communicator = try Communicator()
        try largeBroadcast(communicator)
        try largeGather(communicator)
        try largeSum(communicator)
        try communicator.finalize()
    }

    /// 2.5 GiB from the last rank.
    private static func largeBroadcast(_ communicator: Communicator) throws {
        let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 5 << 26)
        defer { words.deallocate() }
        let root = communicator.size - 1
        for index in words.indices { words[index] = communicator.rank == root ? UInt64(index) : 0 }
        try communicator.broadcast(UnsafeMutableRawBufferPointer(words), from: root)
        for index in words.indices where words[index] != UInt64(index) {
            throw RankTestFailure(message: "broadcast: word \(index) is \(words[index])")
        }
    }

    /// 0.75 GiB from each of two ranks.
    private static func largeGather(_ communicator: Communicator) throws {
        let count = 3 << 28
        let mine = [UInt8](repeating: UInt8(communicator.rank + 1), count: count)
        for (rank, bytes) in try communicator.allGather(mine).enumerated() {
            let isWhole = bytes.count == count && bytes.allSatisfy { $0 == UInt8(rank + 1) }
            try require(isWhole, "gather: bytes of rank \(rank)")
        }
    }

    /// Slices of 1.2 GiB between two ranks that share no memory.
    private static func largeSum(_ communicator: Communicator) throws {
        let count = 150_000 * 4096
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: count, statisticsCount: 16,
            recordByteCount: 8, regions: [], settings: AllreduceSettings(sharedMemory: .refused))
        guard let step = allreduce.foldSteps.first else { return }
        let buffer = allreduce.buffer(for: step)
        for index in 0..<count + 16 { buffer[index] = Float((index & 0xFFFF) + communicator.rank) }
        try allreduce.exchange()
        let ranks = communicator.size
        for index in 0..<count + 16 {
            let expected = Float(ranks * (index & 0xFFFF) + ranks * (ranks - 1) / 2)
            if allreduce.sum[index] != expected {
                throw RankTestFailure(message: "sum: element \(index) is \(allreduce.sum[index])")
            }
        }
    }
}
