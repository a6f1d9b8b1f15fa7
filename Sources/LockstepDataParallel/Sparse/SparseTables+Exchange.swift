import LockstepCollectives
import LockstepTensors

/// The exchange of the lists of rows between ranks.
///
/// A rank sends one block: the number of rows of each list (by table, then by subtree), and then for each list the
/// numbers of its rows and their values. A list ends at a multiple of 8 bytes.
extension SparseTables {
    /// Writes this rank's block. Nothing for a single rank.
    func pack() {
        guard let gather else { return }
        let own = subtrees[rank].count
        let block = gather.prepare(byteCount: blockByteCount)
        var (count, next) = (block, block + tables.count * own * 8)
        for table in tables {
            for subtree in 0..<own {
                let rows = table.rows(ofSubtree: subtree)
                count.storeBytes(of: rows.count, as: Int.self)
                count += 8
                next.copyMemory(from: rows.ids, byteCount: rows.count * 4)
                (next + rows.count * 4).copyMemory(
                    from: rows.values, byteCount: rows.count * table.width * 4)
                next += rows.byteCount(width: table.width)
            }
        }
    }

    /// The size of this rank's block with the rows of its last shards.
    var blockByteCount: Int {
        let own = subtrees[rank].count
        var byteCount = tables.count * own * 8
        for table in tables {
            for subtree in 0..<own {
                byteCount += table.rows(ofSubtree: subtree).byteCount(width: table.width)
            }
        }
        return byteCount
    }

    /// Gathers the blocks of all ranks, and finds their lists. Collective.
    func exchange() throws(CollectiveError) {
        guard let gather else {
            for (number, table) in tables.enumerated() { lists[number] = table.rows(ofSubtree: 0) }
            return
        }
        try gather.exchange()
        for rank in 0..<plan.ranks { read(gather.block(of: rank), of: rank) }
    }

    private func read(_ block: UnsafeRawPointer, of rank: Int) {
        var (count, next) = (block, block + tables.count * subtrees[rank].count * 8)
        for (number, table) in tables.enumerated() {
            for subtree in subtrees[rank] {
                let rows = count.load(as: Int.self)
                count += 8
                let list = SparseRows.View(
                    ids: next.assumingMemoryBound(to: Int32.self),
                    values: (next + rows * 4).assumingMemoryBound(to: Float.self), count: rows)
                lists[number * plan.subtrees.count + subtree] = list
                next += list.byteCount(width: table.width)
            }
        }
    }
}

extension SparseRows.View {
    /// The size of the list in a block.
    fileprivate func byteCount(width: Int) -> Int { (count * (1 + width) * 4 + 7) & ~7 }
}
