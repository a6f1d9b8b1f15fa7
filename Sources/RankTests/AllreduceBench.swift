import LockstepCollectives

extension RankTests {
    /// `bench-allreduce BYTES [allowed|refused] [REPETITIONS]`: median time of the slowest rank, beside `MPI_Allreduce`,
    /// both with hot buffers and interleaved; and the time of a barrier.
    static func benchAllreduce(_ arguments: [String]) throws {
        guard let bytes = arguments.first.flatMap({ Int($0) }), bytes > 0 else {
            throw RankTestFailure(message: "bench-allreduce BYTES [allowed|refused] [REPETITIONS]")
        }
        let policy = SharedMemoryPolicy(rawValue: arguments.count > 1 ? arguments[1] : "allowed") ?? .allowed
        let repetitions = arguments.count > 2 ? Int(arguments[2]) ?? 200 : 200
        let communicator = try Communicator()
        let count = (bytes + 4 * 4096 - 1) / (4 * 4096) * 4096
        let allreduce = try TreeAllreduce(
            communicator: communicator, shards: communicator.size, gradientCount: count, statisticsCount: 0,
            recordByteCount: 64, regions: [], policy: policy)
        let plain = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        plain.initialize(repeating: 1)
        defer { plain.deallocate() }
        var tree: [Double] = []
        var library: [Double] = []
        var barriers: [Double] = []
        for _ in 0..<repetitions {
            for step in allreduce.foldSteps { allreduce.buffer(for: step).update(repeating: 1, count: count) }
            tree.append(try slowest(communicator, allreduce) { try allreduce.exchange() })
            plain.update(repeating: 1)
            library.append(try slowest(communicator, allreduce) { try communicator.allreduceByMPI(plain) })
            barriers.append(
                try slowest(communicator, allreduce) { for _ in 0..<100 { allreduce.groupBarrier() } } / 100)
        }
        if communicator.rank == 0 {
            say(
                "\(count * 4) bytes, \(communicator.size) ranks: tree \(summary(tree)), "
                    + "MPI_Allreduce \(summary(library)), barrier \(summary(barriers))")
        }
        try communicator.finalize()
    }

    /// Microseconds from a common start to the end of the slowest rank.
    private static func slowest(
        _ communicator: Communicator, _ allreduce: TreeAllreduce, _ body: () throws -> Void
    ) throws -> Double {
        try communicator.barrier()
        allreduce.groupBarrier()
        let start = ContinuousClock.now
        try body()
        let time = (ContinuousClock.now - start) / .microseconds(1)
        let times: [Double] = try communicator.gather(time)
        return times.max() ?? time
    }

    /// The median, and both quartiles beside it.
    private static func summary(_ values: [Double]) -> String {
        let sorted = values.sorted()
        func quarter(_ number: Int) -> Double {
            (sorted[min(sorted.count - 1, sorted.count * number / 4)] * 100).rounded() / 100
        }
        return "\(quarter(2)) us (\(quarter(1)) - \(quarter(3)))"
    }
}
