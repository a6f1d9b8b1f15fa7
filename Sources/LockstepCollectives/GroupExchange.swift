import CKernels
internal import CMPI

/// The tree between groups of ranks that share no memory, run by each group's first rank.
///
/// Each group owns a slice of the flat buffer. All groups send it their roots of that slice; it finishes the tree; then
/// every group gets every slice of the total. That is a reduce-scatter and an allgather, both by direct exchange.
final class GroupExchange {
    private let communicator: Communicator
    private let layout: GroupLayout
    private let plan: ReductionPlan
    private let recordByteCount: Int
    private let slices: [Range<Int>]
    private let rootsOfGroup: [[Int]]
    private let shardsOfGroup: [Range<Int>]
    /// Pieces of other groups' roots for this group's slice; one buffer for each root.
    private let received: UnsafeMutablePointer<Float>
    private let arguments: UnsafeMutablePointer<UnsafePointer<Float>?>
    private let requests: UnsafeMutablePointer<MPI_Request?>
    private let capacity: Int
    private var requestCount = 0

    private enum Tag {
        static let root: CInt = 100
        static let total: CInt = 1
        static let records: CInt = 2
        static let hash: CInt = 3
    }

    init(
        communicator: Communicator, layout: GroupLayout, plan: ReductionPlan, elementCount: Int,
        recordByteCount: Int
    ) {
        self.communicator = communicator
        self.layout = layout
        self.plan = plan
        self.recordByteCount = recordByteCount
        let groups = layout.groups.count
        slices = (0..<groups).map {
            GroupLayout.slice($0, of: groups, count: elementCount, chunk: Int(lockstep_chunk))
        }
        rootsOfGroup = layout.groups.map { ranks in
            plan.roots.indices.filter { ranks.contains(plan.rankOfRoot[$0]) }
        }
        shardsOfGroup = layout.groups.map { ranks in
            plan.block(of: ranks.lowerBound).lowerBound..<plan.block(of: ranks.upperBound - 1).upperBound
        }
        received = .allocate(capacity: max(1, plan.roots.count * slices[layout.mine].count))
        arguments = .allocate(capacity: plan.roots.count)
        capacity = 2 * (plan.roots.count * groups + 3 * groups)
        requests = .allocate(capacity: capacity)
    }

    deinit {
        received.deallocate()
        arguments.deallocate()
        requests.deallocate()
    }

    func run(
        sources: UnsafeMutablePointer<UnsafePointer<Float>?>, program: UnsafePointer<Int32>,
        programLength: Int,
        total: UnsafeMutablePointer<Float>, records: UnsafeMutableRawPointer,
        hashes: UnsafeMutablePointer<UInt64>
    ) throws(CollectiveError) {
        let mine = slices[layout.mine]
        let myHash = hashes[0]
        hashes[layout.mine] = myHash
        for group in layout.groups.indices where group != layout.mine {
            for root in rootsOfGroup[group] {
                try receive(
                    received + root * mine.count, mine.count * 4, from: group, tag: Tag.root + CInt(root))
            }
            for root in rootsOfGroup[layout.mine] {
                guard let source = sources[root] else { continue }
                let slice = slices[group]
                try send(
                    source + slice.lowerBound, slice.count * 4, to: group, tag: Tag.root + CInt(root))
            }
            let theirs = shardsOfGroup[group]
            let ours = shardsOfGroup[layout.mine]
            try receive(
                records + theirs.lowerBound * recordByteCount, theirs.count * recordByteCount, from: group,
                tag: Tag.records)
            try send(
                records + ours.lowerBound * recordByteCount, ours.count * recordByteCount, to: group,
                tag: Tag.records)
            try receive(hashes + group, 8, from: group, tag: Tag.hash)
            try send(hashes + layout.mine, 8, to: group, tag: Tag.hash)
        }
        try finish()
        for root in plan.roots.indices {
            // Received pieces start at the slice's first element; the reduction counts from the flat buffer's.
            arguments[root] = sources[root] ?? UnsafePointer(received + root * mine.count - mine.lowerBound)
        }
        lockstep_tree_reduce(total, arguments, program, programLength, mine.lowerBound, mine.upperBound)
        for group in layout.groups.indices where group != layout.mine {
            try receive(
                total + slices[group].lowerBound, slices[group].count * 4, from: group, tag: Tag.total)
            try send(total + mine.lowerBound, mine.count * 4, to: group, tag: Tag.total)
        }
        try finish()
    }

    private func receive(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, from group: Int, tag: CInt
    ) throws(CollectiveError) {
        guard count > 0 else { return }
        requests[requestCount] = lockstep_mpi_no_request()
        try check(
            lockstep_mpi_ireceive(
                bytes, CInt(count), CInt(layout.groups[group].lowerBound), tag, communicator.handle,
                &requests[requestCount]), "MPI_Irecv", rank: communicator.rank)
        requestCount += 1
    }

    private func send(
        _ bytes: UnsafeRawPointer, _ count: Int, to group: Int, tag: CInt
    ) throws(CollectiveError) {
        guard count > 0 else { return }
        requests[requestCount] = lockstep_mpi_no_request()
        try check(
            lockstep_mpi_isend(
                bytes, CInt(count), CInt(layout.groups[group].lowerBound), tag, communicator.handle,
                &requests[requestCount]), "MPI_Isend", rank: communicator.rank)
        requestCount += 1
    }

    private func finish() throws(CollectiveError) {
        try wait(requests, requestCount, "an exchange between hosts", rank: communicator.rank)
        requestCount = 0
    }
}
