import LockstepAutograd
import LockstepOptimizers
import LockstepTensors

/// The update of used rows, and the hash of the tables.
extension SparseTables {
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

    /// Writes the moments of a new run.
    func resetMoments() {
        for moment in moments { moment.update(repeating: optimizer.initialMoment, count: range.count) }
    }

    // MARK: Hash

    /// The hash of the tables on this host.
    var hash: UInt64 {
        var sum: UInt64 = 0
        for rank in 0..<node.size { sum &+= hashes[rank] }
        return sum
    }

    /// Computes the hash of the whole tables, after they have been written outside of `update`, or to find memory that has
    /// changed by itself. Every rank of a host calls it; `hash` is complete after a barrier.
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
}
