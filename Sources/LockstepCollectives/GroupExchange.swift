import CKernels
internal import CMPI
import LockstepTimeline

/// The tree between groups of ranks that share no memory, run by each group's first rank.
///
/// Each group owns a slice of the flat buffer. All groups send it their roots of that slice; it finishes the tree; then
/// every group gets every slice of the total. That is a reduce-scatter and an allgather, both by direct exchange.
final class GroupExchange {
    private let communicator: Communicator
    private let layout: GroupLayout
    private let recordByteCount: Int
    private let elementCount: Int
    private let rootsOfGroup: [[Int]]
    private let shardsOfGroup: [Range<Int>]
    private let programLength: Int
    private let program: UnsafePointer<Int32>
    private let total: UnsafeMutablePointer<Float>
    private let records: UnsafeMutableRawPointer
    private let hashes: UnsafeMutablePointer<UInt64>
    /// Pieces of other groups' roots for this group's slice.
    private let received: UnsafeMutablePointer<Float>
    /// Every root as the reduction reads it, by element of the flat buffer: in this group's memory, or a received piece.
    private let sources: UnsafeMutablePointer<UnsafePointer<Float>?>
    private let requests: UnsafeMutablePointer<MPI_Request?>
    private let capacity: Int
    private var requestCount = 0

    /// The longest message in bytes: MPI counts in 32 bits.
    private static let messageLimit = 1 << 30

    private enum Tag {
        static let total: CInt = 1
        static let records: CInt = 2
        static let hash: CInt = 3
        static let root: CInt = 100
    }

    /// - Parameters:
    ///   - sources: the buffers of all roots; nil for those of other groups.
    ///   - total: where the sums go.
    ///   - hashes: one place for each group.
    init(
        communicator: Communicator, layout: GroupLayout, plan: ReductionPlan, elementCount: Int,
        recordByteCount: Int, sources: UnsafePointer<UnsafePointer<Float>?>, program: UnsafePointer<Int32>,
        total: UnsafeMutablePointer<Float>, records: UnsafeMutableRawPointer,
        hashes: UnsafeMutablePointer<UInt64>
    ) {
        self.communicator = communicator
        self.layout = layout
        self.recordByteCount = recordByteCount
        self.elementCount = elementCount
        self.program = program
        self.total = total
        self.records = records
        self.hashes = hashes
        programLength = plan.program.count
        let groups = layout.groups
        rootsOfGroup = groups.map { ranks in
            plan.roots.indices.filter { ranks.contains(plan.rankOfRoot[$0]) }
        }
        shardsOfGroup = groups.map { ranks in
            plan.block(of: ranks.lowerBound).lowerBound..<plan.block(of: ranks.upperBound - 1).upperBound
        }
        let slices = groups.indices.map { GroupExchange.slice($0, of: groups.count, elementCount) }
        let mine = slices[layout.mine]
        let foreign = plan.roots.indices.filter { sources[$0] == nil }
        received = .allocate(capacity: max(1, foreign.count * mine.count))
        self.sources = .allocate(capacity: plan.roots.count)
        for root in plan.roots.indices { self.sources[root] = sources[root] }
        for (place, root) in foreign.enumerated() {
            // A piece starts at the slice's first element; the reduction counts from the flat buffer's.
            self.sources[root] = UnsafePointer(received + place * mine.count - mine.lowerBound)
        }
        let longest = slices.map(\.count).max() ?? 0
        let messages = (longest * 4 + GroupExchange.messageLimit - 1) / GroupExchange.messageLimit
        capacity = 2 * groups.count * (plan.roots.count * messages + 2)
        requests = .allocate(capacity: capacity)
        requests.initialize(repeating: nil, count: capacity)
    }

    deinit {
        received.deallocate()
        sources.deallocate()
        requests.deallocate()
    }

    /// Sums the roots of all groups, and exchanges records and hashes.
    func run(parameterHash: UInt64, timeline: StepTimeline?) throws(CollectiveError) {
        hashes[layout.mine] = parameterHash
        let mine = slice(layout.mine)
        for group in layout.groups.indices where group != layout.mine {
            for root in rootsOfGroup[group] {
                try receive(sources[root], mine, from: group, Tag.root + CInt(root))
            }
            let theirs = slice(group)
            for root in rootsOfGroup[layout.mine] {
                try send(sources[root], theirs, to: group, Tag.root + CInt(root))
            }
            try receiveRecords(from: group)
            try sendRecords(to: group)
            try receive(hashes + group, 8, from: group, Tag.hash)
            try send(hashes + layout.mine, 8, to: group, Tag.hash)
        }
        try finish()
        timeline?.begin(.reduce)
        lockstep_tree_reduce(total, sources, program, programLength, mine.lowerBound, mine.upperBound)
        timeline?.begin(.wait)
        for group in layout.groups.indices where group != layout.mine {
            try receive(UnsafePointer(total), slice(group), from: group, Tag.total)
            try send(UnsafePointer(total), mine, to: group, Tag.total)
        }
        try finish()
    }

    private static func slice(_ group: Int, of groups: Int, _ elementCount: Int) -> Range<Int> {
        GroupLayout.slice(group, of: groups, count: elementCount, chunk: Int(lockstep_chunk))
    }

    private func slice(_ group: Int) -> Range<Int> {
        GroupExchange.slice(group, of: layout.groups.count, elementCount)
    }

    private func receiveRecords(from group: Int) throws(CollectiveError) {
        let shards = shardsOfGroup[group]
        try receive(
            records + shards.lowerBound * recordByteCount, shards.count * recordByteCount, from: group,
            Tag.records)
    }

    private func sendRecords(to group: Int) throws(CollectiveError) {
        let shards = shardsOfGroup[layout.mine]
        try send(
            records + shards.lowerBound * recordByteCount, shards.count * recordByteCount, to: group,
            Tag.records)
    }

    /// Receives elements of a flat buffer. Messages of one tag keep their order, so long ones may be cut.
    private func receive(
        _ flat: UnsafePointer<Float>?, _ elements: Range<Int>, from group: Int, _ tag: CInt
    ) throws(CollectiveError) {
        guard let flat else { return }
        try receive(
            UnsafeMutableRawPointer(mutating: flat + elements.lowerBound), elements.count * 4, from: group,
            tag)
    }

    private func send(
        _ flat: UnsafePointer<Float>?, _ elements: Range<Int>, to group: Int, _ tag: CInt
    ) throws(CollectiveError) {
        guard let flat else { return }
        try send(UnsafeRawPointer(flat + elements.lowerBound), elements.count * 4, to: group, tag)
    }

    private func receive(
        _ bytes: UnsafeMutableRawPointer, _ byteCount: Int, from group: Int, _ tag: CInt
    ) throws(CollectiveError) {
        let rank = CInt(layout.groups[group].lowerBound)
        var offset = 0
        while offset < byteCount {
            let count = min(GroupExchange.messageLimit, byteCount - offset)
            let status = lockstep_mpi_ireceive(
                bytes + offset, CInt(count), rank, tag, communicator.handle, nextRequest())
            try check(status, "MPI_Irecv", rank: communicator.rank)
            offset += count
        }
    }

    private func send(
        _ bytes: UnsafeRawPointer, _ byteCount: Int, to group: Int, _ tag: CInt
    ) throws(CollectiveError) {
        let rank = CInt(layout.groups[group].lowerBound)
        var offset = 0
        while offset < byteCount {
            let count = min(GroupExchange.messageLimit, byteCount - offset)
            let status = lockstep_mpi_isend(
                bytes + offset, CInt(count), rank, tag, communicator.handle, nextRequest())
            try check(status, "MPI_Isend", rank: communicator.rank)
            offset += count
        }
    }

    private func nextRequest() -> UnsafeMutablePointer<MPI_Request?> {
        precondition(requestCount < capacity, "GroupExchange: more than \(capacity) messages")
        requests[requestCount] = lockstep_mpi_no_request()
        requestCount += 1
        return requests + (requestCount - 1)
    }

    private func finish() throws(CollectiveError) {
        try wait(requests, requestCount, "an exchange between hosts", rank: communicator.rank)
        requestCount = 0
    }
}
