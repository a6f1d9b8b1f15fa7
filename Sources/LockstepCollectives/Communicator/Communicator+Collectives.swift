internal import CMPI

/// Collective calls for set-up, evaluation and the end of a run. All ranks make the same calls in the same
/// order.
extension Communicator {
    /// The most bytes in one call: MPI counts have 32 bits.
    private static let messageLimit = 1 << 30

    /// Waits for all ranks.
    public func barrier() throws(CollectiveError) {
        guard size > 1 else { return }
        var request = lockstep_mpi_no_request()
        try check(lockstep_mpi_ibarrier(handle, &request), "MPI_Ibarrier", rank: rank)
        try complete(&request, "MPI_Ibarrier")
    }

    /// Copies any number of bytes from rank `root` to all ranks.
    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int = 0) throws(CollectiveError)
    {
        guard size > 1, let start = bytes.baseAddress else { return }
        var offset = 0
        while offset < bytes.count {
            let count = min(Communicator.messageLimit, bytes.count - offset)
            var request = lockstep_mpi_no_request()
            try check(
                lockstep_mpi_ibroadcast(start + offset, CInt(count), CInt(root), handle, &request),
                "MPI_Ibcast",
                rank: rank)
            try complete(&request, "MPI_Ibcast")
            offset += count
        }
    }

    /// Copies a list of bytes from rank `root`, which alone has its length, to all ranks.
    public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws(CollectiveError) -> [UInt8] {
        guard size > 1 else { return bytes }
        var count = [bytes.count]
        try overwriting(&count) { (raw) throws(CollectiveError) in try broadcast(raw, from: root) }
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: count[0])
        try overwriting(&result) { (raw) throws(CollectiveError) in try broadcast(raw, from: root) }
        return result
    }

    /// Gathers the byte lists of all ranks on all ranks, in rank order; lengths may differ.
    public func allGather(_ bytes: [UInt8]) throws(CollectiveError) -> [[UInt8]] {
        guard size > 1 else { return [bytes] }
        var mine = bytes.count
        var sizes = [Int](repeating: 0, count: size)
        var request = lockstep_mpi_no_request()
        try check(lockstep_mpi_iallgather(&mine, 8, &sizes, handle, &request), "MPI_Iallgather", rank: rank)
        try complete(&request, "MPI_Iallgather")
        let total = sizes.reduce(0, +)
        guard total <= Communicator.messageLimit else {
            var lists: [[UInt8]] = []
            for root in 0..<size { try lists.append(broadcast(rank == root ? bytes : [], from: root)) }
            return lists
        }
        var counts = sizes.map { CInt($0) }
        var offsets: [CInt] = []
        var end: CInt = 0
        for count in counts {
            offsets.append(end)
            end += count
        }
        var all = [UInt8](repeating: 0, count: total + 1)
        var send = bytes + [0]
        try check(
            lockstep_mpi_iallgather_varying(
                &send, CInt(mine), &all, &counts, &offsets, handle, &request),
            "MPI_Iallgatherv", rank: rank)
        try complete(&request, "MPI_Iallgatherv")
        return zip(offsets, counts).map { Array(all[Int($0)..<Int($0 + $1)]) }
    }

    /// Gathers the values of all ranks on all ranks, in rank order.
    public func allGather<Value: BitwiseCopyable>(_ value: Value) throws(CollectiveError) -> [Value] {
        let bytes = withUnsafeBytes(of: value) { Array($0) }
        return try allGather(bytes).map { part in
            part.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
        }
    }

    /// Whether `mine` is true on all ranks.
    public func agree(_ mine: Bool) throws(CollectiveError) -> Bool {
        try allGather(mine ? UInt8(1) : 0).allSatisfy { $0 == 1 }
    }

    /// Sums floats in place over all ranks with `MPI_Allreduce`: only for speed comparisons, since its bits
    /// depend on the number of ranks.
    package func allreduceByMPI(_ values: UnsafeMutableBufferPointer<Float>) throws(CollectiveError) {
        guard size > 1, let start = values.baseAddress else { return }
        try check(
            lockstep_mpi_allreduce_floats(start, CInt(values.count), handle), "MPI_Allreduce", rank: rank)
    }

    /// Waits for other ranks, and shows the wait in the heartbeat.
    func complete(
        _ request: UnsafeMutablePointer<lockstep_mpi_request>, _ operation: String
    ) throws(CollectiveError) {
        heartbeat?.beginWait()
        defer { heartbeat?.endWait() }
        try wait(request, 1, operation, rank: rank)
    }

    private func overwriting<Element: BitwiseCopyable>(
        _ array: inout [Element], _ body: (UnsafeMutableRawBufferPointer) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        var failure: CollectiveError?
        array.withUnsafeMutableBytes { raw in
            do throws(CollectiveError) { try body(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
