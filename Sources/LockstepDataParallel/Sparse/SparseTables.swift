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
/// All ranks call the same methods in the same order in a step: `begin`, a pass and `fold` for each
/// shard, then `exchange` and `sum`; `squareSum` and `update` after a barrier of the host.
final class SparseTables {
    /// The destination of the gradients of passes.
    let gradients: SparseGradients
    /// The optimizer's moments, in the order of its names, from the start of `range`.
    let moments: [UnsafeMutablePointer<Float>]
    /// The tables' range of the flat buffer.
    let range: Range<Int>

    private var tables: [SparseTable]
    private let optimizer: any Optimizer
    private let plan: ReductionPlan
    private let rank: Int
    /// The number of the first of this rank's subtrees.
    private let firstSubtree: Int
    /// Exchanges lists; nil for a single rank.
    private let gather: BlockGather?
    /// The rows of all ranks' subtrees, by table and subtree, after an exchange.
    private var lists: [SparseRows.View] = []
    /// The sum of the squares of each part of each table. Shared by the host.
    private let squares: UnsafeMutablePointer<Double>
    /// The hash of each local rank's updates since the last full hash, modulo 2^64. Shared by the host.
    private let hashes: UnsafeMutablePointer<UInt64>
    private let node: (rank: Int, size: Int)
    private let isHashed: Bool
    /// The numbers of rows of a table's parts.
    private let partCounts: UnsafeMutablePointer<Int>
    /// Rows of parameters and moments while they are updated.
    private let work: UnsafeMutablePointer<Float>

    /// The number of parts into which a table is cut, the unit of squares and of the ranks' shares. Bits depend on it.
    private static let partCount = 1024
    /// The number of floats that are updated at once.
    private static let pieceCount = 8192

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
        let own = plan.rankOfSubtree.indices.filter { [plan, rank] in plan.rankOfSubtree[$0] == rank }
        firstSubtree = own[0]
        let levels = allreduce.foldSteps.map(\.level).max() ?? 0
        tables = parameters.map { [plan] parameter, group in
            SparseTable(
                parameter, group: group, subtrees: own.count, levels: levels, program: plan.program)
        }
        gather = communicator.size > 1 ? BlockGather(communicator) : nil
        let none = SparseRows(width: 1).view
        lists = Array(repeating: none, count: parameters.count * plan.subtrees.count)
        squares = allreduce.region("sparse squares").assumingMemoryBound(to: Double.self)
        hashes = allreduce.region("sparse hashes").assumingMemoryBound(to: UInt64.self)
        node = (allreduce.nodeRank, allreduce.nodeSize)
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
        let subtree = step.subtree - firstSubtree
        for index in tables.indices {
            gradients.collect(
                tables[index].parameter, into: tables[index].list(subtree: subtree, level: step.level))
            for addition in 0..<step.additions {
                tables[index].fold(subtree: subtree, level: step.level - addition)
            }
        }
    }

    /// Exchanges the lists of all ranks. Collective.
    func exchange() throws(CollectiveError) {
        if let gather {
            try gather.exchange(byteCount: write(to: gather))
            for rank in 0..<plan.ranks { read(gather.block(of: rank), of: rank) }
        } else {
            for (number, table) in tables.enumerated() { lists[number] = table.rows(ofSubtree: 0) }
        }
    }

    /// Finishes the sums of this rank's rows.
    func sum() {
        let subtrees = plan.subtrees.count
        for index in tables.indices {
            let (width, entries) = (tables[index].width, tables[index].entries)
            let parts = share(of: index)
            let rows =
                SparseTables.firstRow(
                    ofPart: parts.lowerBound, entries)..<SparseTables.firstRow(
                    ofPart: parts.upperBound, entries)
            tables[index].finish(plan.program) { [lists] subtree in
                let list = lists[index * subtrees + subtree]
                return node.size == 1 ? list : list.rows(in: rows, width: width)
            }
            let sums = squares + index * SparseTables.partCount
            (sums + parts.lowerBound).update(repeating: 0, count: parts.count)
            tables[index].total.addSquares(
                to: UnsafeMutableBufferPointer(start: sums, count: SparseTables.partCount), width: width,
                entries: entries)
        }
    }

    /// Writes this rank's block: the length of each list, then the numbers and the rows of each.
    /// - Returns: its size.
    private func write(to gather: BlockGather) -> Int {
        let own = ownSubtrees(of: rank)
        var byteCount = tables.count * own * 8
        for table in tables {
            for subtree in 0..<own {
                byteCount += SparseTables.byteCount(table.rows(ofSubtree: subtree).count, width: table.width)
            }
        }
        var next = gather.prepare(byteCount: byteCount)
        for table in tables {
            for subtree in 0..<own {
                next.storeBytes(of: table.rows(ofSubtree: subtree).count, as: Int.self)
                next += 8
            }
        }
        for table in tables {
            for subtree in 0..<own {
                let rows = table.rows(ofSubtree: subtree)
                next.copyMemory(from: rows.ids, byteCount: rows.count * 4)
                next += rows.count * 4
                next.copyMemory(from: rows.values, byteCount: rows.count * table.width * 4)
                next += SparseTables.byteCount(rows.count, width: table.width) - rows.count * 4
            }
        }
        return byteCount
    }

    /// Finds the lists in a rank's block.
    private func read(_ block: UnsafeRawPointer, of rank: Int) {
        let own = ownSubtrees(of: rank)
        guard let first = plan.rankOfSubtree.firstIndex(of: rank) else { return }
        var next = block + tables.count * own * 8
        for (number, table) in tables.enumerated() {
            for subtree in 0..<own {
                let count = block.load(fromByteOffset: (number * own + subtree) * 8, as: Int.self)
                lists[number * plan.subtrees.count + first + subtree] = SparseRows.View(
                    ids: next.assumingMemoryBound(to: Int32.self),
                    values: (next + count * 4).assumingMemoryBound(to: Float.self), count: count)
                next += SparseTables.byteCount(count, width: table.width)
            }
        }
    }

    /// The size of a list, a multiple of 8.
    private static func byteCount(_ rows: Int, width: Int) -> Int { (rows * (1 + width) * 4 + 7) & ~7 }

    private func ownSubtrees(of rank: Int) -> Int {
        var count = 0
        for owner in plan.rankOfSubtree where owner == rank { count += 1 }
        return count
    }

    /// The first row of a part: the smallest id with id * partCount / entries >= part.
    private static func firstRow(ofPart part: Int, _ entries: Int) -> Int {
        (part * entries + partCount - 1) / partCount
    }

    /// The parts of a table that this rank sums and updates: those of all ranks of the host have about equally many rows.
    private func share(of table: Int) -> Range<Int> {
        let parts = SparseTables.partCount
        guard node.size > 1 else { return 0..<parts }
        partCounts.update(repeating: 0, count: parts)
        let (entries, subtrees) = (tables[table].entries, plan.subtrees.count)
        var total = 0
        for list in lists[table * subtrees..<(table + 1) * subtrees] {
            for row in 0..<list.count { partCounts[Int(list.ids[row]) * parts / entries] += 1 }
            total += list.count
        }
        // Rank r begins with the first part that begins after r / size of all rows.
        var (begin, end, before) = (parts, parts, 0)
        for part in 0..<parts {
            if begin == parts, before * node.size >= total * node.rank { begin = part }
            if before * node.size >= total * (node.rank + 1) {
                end = part
                break
            }
            before += partCounts[part]
        }
        if node.rank == node.size - 1 { end = parts }
        return begin..<max(begin, end)
    }

    /// The sum of the squares of all summed gradients: the same for any number of ranks.
    var squareSum: Double {
        var sum = 0.0
        for part in 0..<tables.count * SparseTables.partCount { sum += squares[part] }
        return sum
    }

    // MARK: Update

    /// The number of elements in the rows that this rank updates.
    var updatedElementCount: Int { tables.reduce(0) { $0 + $1.total.count * $1.width } }

    /// Updates the rows of this rank's parts.
    /// - Parameter parameters: the flat parameters.
    /// - Returns: whether the new parameters are finite.
    func update(_ parameters: UnsafeMutablePointer<Float>, _ step: UpdateStep) -> Bool {
        var isFinite = true
        var hash: UInt64 = 0
        for table in tables {
            let width = table.width
            let most = max(1, SparseTables.pieceCount / width)
            var first = 0
            while first < table.total.count {
                let count = min(most, table.total.count - first)
                let rows = SparseRows.View(
                    ids: table.total.ids + first, values: table.total.values + first * width, count: count)
                if isHashed { hash &-= self.hash(rows, table, parameters) }
                if !update(rows, table, parameters, step) { isFinite = false }
                if isHashed { hash &+= self.hash(rows, table, parameters) }
                first += count
            }
        }
        hashes[node.rank] &+= hash
        return isFinite
    }

    /// Updates copies of rows, which lie one after the other.
    private func update(
        _ rows: SparseRows.View, _ table: SparseTable, _ parameters: UnsafeMutablePointer<Float>,
        _ step: UpdateStep
    ) -> Bool {
        let (width, count) = (table.width, rows.count * table.width)
        func place(_ index: Int) -> UnsafeMutablePointer<Float>? {
            index < moments.count ? work + (1 + index) * count : nil
        }
        let buffers = FlatBuffers(
            parameters: work, gradients: rows.values, moments: (place(0), place(1), place(2)))
        rows.load(from: parameters + table.parameter.offset, to: work, width: width)
        for index in moments.indices {
            guard let moment = moment(index, of: table.parameter), let copy = place(index) else { continue }
            rows.load(from: moment, to: copy, width: width)
        }
        var group = table.group
        group.range = 0..<count
        optimizer.apply(0..<count, buffers, group, step)
        func store(_ values: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>) {
            SparseRows.View(ids: rows.ids, values: values, count: rows.count).store(
                to: destination, width: width)
        }
        store(work, to: parameters + table.parameter.offset)
        for index in moments.indices {
            guard let moment = moment(index, of: table.parameter), let copy = place(index) else { continue }
            store(copy, to: moment)
        }
        return FlatBuffers.areFinite(work, 0..<count)
    }

    // MARK: Hash

    private func hash(
        _ rows: SparseRows.View, _ table: SparseTable, _ parameters: UnsafeMutablePointer<Float>
    ) -> UInt64 {
        let start = table.parameter.offset - range.lowerBound
        var hash: UInt64 = 0
        for row in 0..<rows.count {
            let begin = start + Int(rows.ids[row]) * table.width
            hash &+= FlatBuffers.hash(parameters + range.lowerBound, begin..<begin + table.width)
        }
        return hash
    }

    /// The hash of the tables on this host.
    var hash: UInt64 {
        var sum: UInt64 = 0
        for rank in 0..<node.size { sum &+= hashes[rank] }
        return sum
    }

    /// Computes the hash of the whole tables, after they have been written by others than `update`. Every rank of a
    /// host calls it; `hash` is complete after a barrier.
    func hashAll(_ parameters: UnsafePointer<Float>) {
        let (start, own) = (range.lowerBound, ownRange)
        hashes[node.rank] = FlatBuffers.hash(
            parameters + start, own.lowerBound - start..<own.upperBound - start)
    }

    /// The part of the flat buffer that this rank reads where each rank of a host reads a part.
    var ownRange: Range<Int> {
        let chunk = ParameterStore.chunk
        let chunks = range.count / chunk
        func border(_ rank: Int) -> Int { range.lowerBound + chunks * rank / node.size * chunk }
        return border(node.rank)..<border(node.rank + 1)
    }

    /// Writes the moments of a new run.
    func resetMoments() {
        for moment in moments { moment.update(repeating: optimizer.initialMoment, count: range.count) }
    }
}
