internal import CMPI

/// Gathers blocks of bytes of different lengths from all ranks on all ranks, step after step.
///
/// The memory grows to the largest blocks and is kept, so that steps allocate nothing. Not thread-safe, like the
/// communicator that it belongs to.
package final class BlockGather {
    private let communicator: Communicator
    private var block: UnsafeMutableRawPointer
    private var blockCapacity = 64
    private var byteCount = 0
    private var all: UnsafeMutableRawPointer
    private var allCapacity = 64
    private let sizes: UnsafeMutablePointer<Int>
    private let counts: UnsafeMutablePointer<CInt>
    private let offsets: UnsafeMutablePointer<CInt>

    /// MPI counts units of this size, so that all blocks together may have up to 32 GiB.
    private static let unit = Int(lockstep_mpi_unit)

    /// For the ranks of a communicator.
    package init(_ communicator: Communicator) {
        self.communicator = communicator
        block = BlockGather.memory(blockCapacity)
        all = BlockGather.memory(allCapacity)
        sizes = .allocate(capacity: communicator.size)
        counts = .allocate(capacity: communicator.size)
        offsets = .allocate(capacity: communicator.size)
    }

    deinit {
        block.deallocate()
        all.deallocate()
        sizes.deallocate()
        counts.deallocate()
        offsets.deallocate()
    }

    /// Memory for this rank's next block of `byteCount` bytes, 64-byte aligned; its contents are undefined.
    package func prepare(byteCount: Int) -> UnsafeMutableRawPointer {
        self.byteCount = byteCount
        if byteCount > blockCapacity {
            block.deallocate()
            blockCapacity = BlockGather.rounded(byteCount + byteCount / 4)
            block = BlockGather.memory(blockCapacity)
        }
        return block
    }

    /// Exchanges the prepared blocks. Collective.
    package func exchange() throws(CollectiveError) {
        var mine = BlockGather.rounded(byteCount) / BlockGather.unit
        try communicator.gather(&mine, into: sizes)
        var total = 0
        for rank in 0..<communicator.size {
            counts[rank] = CInt(truncatingIfNeeded: sizes[rank])
            offsets[rank] = CInt(truncatingIfNeeded: total)
            total += sizes[rank]
        }
        guard total <= Int(CInt.max) else {
            throw .memory(
                "\(total * BlockGather.unit) bytes of sparse gradients in one step: use smaller batches")
        }
        if total * BlockGather.unit > allCapacity {
            all.deallocate()
            allCapacity = (total + total / 4) * BlockGather.unit
            all = BlockGather.memory(allCapacity)
        }
        try communicator.gather(
            block, units: mine, into: all, counts: counts, offsets: offsets)
    }

    /// The block of a rank in the last exchange, 16-byte aligned.
    package func block(of rank: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(all + Int(offsets[rank]) * BlockGather.unit)
    }

    private static func rounded(_ count: Int) -> Int { (count + unit - 1) / unit * unit }

    private static func memory(_ byteCount: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: byteCount, alignment: 64)
    }
}

extension Communicator {
    /// Gathers one number of each rank.
    fileprivate func gather(_ mine: inout Int, into all: UnsafeMutablePointer<Int>) throws(CollectiveError) {
        var request = lockstep_mpi_no_request()
        let byteCount = CInt(MemoryLayout<Int>.size)
        try check(
            lockstep_mpi_iallgather(&mine, byteCount, all, handle, &request), "MPI_Iallgather", rank: rank)
        try complete(&request, "MPI_Iallgather")
    }

    /// Gathers blocks, whose sizes are in units.
    fileprivate func gather(
        _ mine: UnsafeRawPointer, units: Int, into all: UnsafeMutableRawPointer,
        counts: UnsafePointer<CInt>, offsets: UnsafePointer<CInt>
    ) throws(CollectiveError) {
        var request = lockstep_mpi_no_request()
        try check(
            lockstep_mpi_iallgather_units(
                mine, CInt(units), all, counts, offsets, handle, &request), "MPI_Iallgatherv",
            rank: rank)
        try complete(&request, "MPI_Iallgatherv")
    }
}
