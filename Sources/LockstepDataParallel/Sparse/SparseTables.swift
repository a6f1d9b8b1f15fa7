import LockstepAutograd
import LockstepCollectives
import LockstepContracts
import LockstepOptimizers
import LockstepTensors

/// The sparse tables of a phase: a step sums, exchanges and updates only the rows that its batch has used.
///
/// Every rank sums the rows of its shards in the order of the reduction tree, and all ranks gather these lists. A row
/// that a shard has not used adds nothing, so the sums have the bits of a dense table. The ranks of a host share the
/// tables: each finishes the tree for, and updates, the rows of its parts of the tables, which are cut so that all have
/// about the same number of rows. Hosts update equal copies.
///
/// All ranks call the same methods in the same order in a step: `begin`, a pass and `fold` for each shard, then `pack`,
/// `exchange` and `sum`; `squareSum` and `update` after a barrier of the host.
final class SparseTables {
    /// The destination of the gradients of passes.
    let gradients: SparseGradients
    /// The optimizer's moments, in the order of its names, from the start of `range`.
    let moments: [UnsafeMutablePointer<Float>]
    /// The tables' range of the flat buffer.
    let range: Range<Int>

    private(set) var tables: [SparseTable]
    let optimizer: any Optimizer
    let plan: ReductionPlan
    /// The number of this rank.
    let rank: Int
    /// The subtrees of each rank.
    let subtrees: [Range<Int>]
    /// Exchanges lists; nil for a single rank.
    let gather: BlockGather?
    /// The rows of all ranks' subtrees, by table and subtree, after an exchange.
    var lists: [SparseRows.View]
    /// The sum of the squares of each part of each table. Shared by the host.
    private let squares: UnsafeMutablePointer<Double>
    /// The hash of each local rank's updates since the last full hash, modulo 2^64. Shared by the host.
    let hashes: UnsafeMutablePointer<UInt64>
    /// This rank's number on its host, and the number of ranks there.
    let node: (rank: Int, size: Int)
    /// The share of the rows that this rank updates: that of a rank of the host.
    private let share: (number: Int, count: Int)
    /// Whether hosts compare hashes.
    let isHashed: Bool
    /// The numbers of rows of a table's parts.
    private let partCounts: UnsafeMutablePointer<Int>
    /// Rows of parameters and moments while they are updated.
    let work: UnsafeMutablePointer<Float>

    /// The number of parts into which a table is cut, the unit of squares and of the ranks' shares. Bits depend on it.
    private static let partCount = 1024
    /// The number of floats that are updated at once.
    static let pieceCount = 8192

    /// The memory that the ranks of a host share.
    static func regions(
        _ parameters: [Parameter], range: Range<Int>, localRanks: Int, moments: Int
    ) -> [SharedRegion] {
        guard !parameters.isEmpty else { return [] }
        return [
            SharedRegion("sparse squares", byteCount: parameters.count * partCount * 8),
            SharedRegion("sparse hashes", byteCount: localRanks * 8),
        ] + (0..<moments).map { SharedRegion("sparse moment \($0)", byteCount: range.count * 4) }
    }

    /// - Parameters:
    ///   - parameters: the tables, at least one, with their settings.
    ///   - allreduce: the owner of the shared memory.
    init(
        _ parameters: [(parameter: Parameter, group: ParameterGroup)], range: Range<Int>,
        optimizer: any Optimizer, communicator: Communicator, allreduce: TreeAllreduce
    ) {
        self.range = range
        self.optimizer = optimizer
        gradients = SparseGradients(parameters.map(\.parameter))
        moments = (0..<optimizer.momentCount).map {
            allreduce.region("sparse moment \($0)").assumingMemoryBound(to: Float.self)
        }
        plan = allreduce.plan
        rank = communicator.rank
        subtrees = (0..<plan.ranks).map { [plan] rank in
            let first = plan.rankOfSubtree.firstIndex(of: rank) ?? 0
            return first..<first + plan.rankOfSubtree.count { $0 == rank }
        }
        let own = subtrees[rank].count
        let levels = allreduce.foldSteps.map(\.level).max() ?? 0
        tables = parameters.map { [plan] parameter, group in
            SparseTable(parameter, group: group, subtrees: own, levels: levels, program: plan.program)
        }
        gather = communicator.size > 1 ? BlockGather(communicator) : nil
        // No rows.
        lists = Array(
            repeating: tables[0].rows(ofSubtree: 0), count: parameters.count * plan.subtrees.count)
        squares = allreduce.region("sparse squares").assumingMemoryBound(to: Double.self)
        hashes = allreduce.region("sparse hashes").assumingMemoryBound(to: UInt64.self)
        node = (allreduce.nodeRank, allreduce.nodeSize)
        share = communicator.share.map { ($0.number, $0.count) } ?? node
        isHashed = allreduce.nodeCount > 1
        partCounts = .allocate(capacity: SparseTables.partCount)
        let widest = parameters.map { $0.parameter.shape[1] }.max() ?? 1
        work = .allocate(capacity: (1 + optimizer.momentCount) * max(widest, SparseTables.pieceCount))
    }

    deinit {
        partCounts.deallocate()
        work.deallocate()
    }

    /// A moment of a table; nil if the optimizer has none of this number or the table is of another phase.
    func moment(_ index: Int, of parameter: Parameter) -> UnsafeMutablePointer<Float>? {
        guard index < moments.count, range.contains(parameter.offset) else { return nil }
        return moments[index] + parameter.offset - range.lowerBound
    }

    // MARK: Sums

    /// Starts a shard.
    func begin() { gradients.begin() }

    /// Takes a shard's rows, and makes the additions that follow the shard.
    func fold(after step: FoldStep) {
        let subtree = step.subtree - subtrees[rank].lowerBound
        for index in tables.indices {
            gradients.collect(
                tables[index].parameter, into: tables[index].list(subtree: subtree, level: step.level))
            for addition in 0..<step.additions {
                tables[index].fold(subtree: subtree, level: step.level - addition)
            }
        }
    }

    /// Finishes the sums of this rank's rows, after an exchange.
    func sum() {
        for index in tables.indices {
            let (width, entries) = (tables[index].width, tables[index].entries)
            let parts = parts(of: index)
            let first = SparseTables.firstRow(ofPart: parts.lowerBound, entries)
            let rows = first..<SparseTables.firstRow(ofPart: parts.upperBound, entries)
            let start = index * plan.subtrees.count
            tables[index].finish(plan.program) { [lists, share] subtree in
                let list = lists[start + subtree]
                return share.count == 1 ? list : list.rows(in: rows, width: width)
            }
            let sums = squares + index * SparseTables.partCount
            (sums + parts.lowerBound).update(repeating: 0, count: parts.count)
            tables[index].total.addSquares(
                to: UnsafeMutableBufferPointer(start: sums, count: SparseTables.partCount), width: width,
                entries: entries)
        }
    }

    /// The first row of a part: the smallest id with id * partCount / entries >= part.
    private static func firstRow(ofPart part: Int, _ entries: Int) -> Int {
        (part * entries + partCount - 1) / partCount
    }

    /// The parts of a table that this rank sums and updates: those of all ranks of the host have about equally many rows.
    private func parts(of table: Int) -> Range<Int> {
        let parts = SparseTables.partCount
        guard share.count > 1 else { return 0..<parts }
        partCounts.update(repeating: 0, count: parts)
        let (entries, count) = (tables[table].entries, plan.subtrees.count)
        var total = 0
        for list in lists[table * count..<(table + 1) * count] {
            for row in 0..<list.count { partCounts[Int(list.ids[row]) * parts / entries] += 1 }
            total += list.count
        }
        // Share s begins with the first part before which there are s / count of all rows.
        var (begin, end, before) = (parts, parts, 0)
        for part in 0..<parts {
            if begin == parts, before * share.count >= total * share.number { begin = part }
            if before * share.count >= total * (share.number + 1) {
                end = part
                break
            }
            before += partCounts[part]
        }
        if share.number == share.count - 1 { end = parts }
        return begin..<max(begin, end)
    }

    /// The sum of the squares of all summed gradients: the same for any number of ranks.
    var squareSum: Double {
        var sum = 0.0
        for part in 0..<tables.count * SparseTables.partCount { sum += squares[part] }
        return sum
    }
}
