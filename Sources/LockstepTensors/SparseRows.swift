internal import CKernels

/// Some rows of a table, such as the gradients of those that a batch has used, and the memory for them.
///
/// The memory grows to the largest content and is kept, so that steps allocate nothing.
package final class SparseRows {
    /// A view of rows; the owner keeps the memory.
    package struct View {
        /// The numbers of the rows, ascending.
        package let ids: UnsafePointer<Int32>
        /// Their values. Shape: [count, width].
        package let values: UnsafePointer<Float>
        /// The number of rows.
        package let count: Int

        /// A view of `count` rows.
        package init(ids: UnsafePointer<Int32>, values: UnsafePointer<Float>, count: Int) {
            self.ids = ids
            self.values = values
            self.count = count
        }

        fileprivate var rows: lockstep_rows { lockstep_rows(ids: ids, values: values, count: count) }
    }

    /// The number of columns of the table.
    package let width: Int
    private var count = 0
    private var ids: UnsafeMutablePointer<Int32>
    private var values: UnsafeMutablePointer<Float>
    private var capacity = 0

    /// No rows of a table with `width` columns.
    package init(width: Int) {
        self.width = width
        ids = .allocate(capacity: 1)
        values = .allocate(capacity: 1)
    }

    deinit {
        ids.deallocate()
        values.deallocate()
    }

    /// The rows; valid until the next change.
    package var view: View { View(ids: ids, values: values, count: count) }

    /// Makes this the sum of two other lists: a row that both have is a + b.
    package func merge(_ a: View, _ b: View) {
        reserve(a.count + b.count)
        count = lockstep_rows_merge(ids, values, a.rows, b.rows, width)
    }

    /// Makes this the sum of gradients, in their order.
    /// - Parameters:
    ///   - gradients: rows in any order, of which several may have the same number.
    ///   - keys: working memory for two numbers per row.
    package func collect(_ gradients: View, keys: UnsafeMutablePointer<UInt64>) {
        reserve(gradients.count)
        count = lockstep_rows_collect(
            ids, values, gradients.ids, gradients.values, gradients.count, width, keys, keys + gradients.count
        )
    }

    /// Removes all rows.
    package func clear() { count = 0 }

    private func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        ids.deallocate()
        values.deallocate()
        capacity = needed + needed / 4
        ids = .allocate(capacity: capacity)
        values = .allocate(capacity: capacity * width)
    }
}

extension SparseRows.View {
    /// The rows whose numbers are in a range.
    /// - Parameter width: the number of columns.
    package func rows(in range: Range<Int>, width: Int) -> SparseRows.View {
        let (first, end) = (position(of: range.lowerBound), position(of: range.upperBound))
        return SparseRows.View(ids: ids + first, values: values + first * width, count: end - first)
    }

    /// The number of rows before row `id`.
    private func position(of id: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds the squares of each row to those of its part of the table.
    /// - Parameter entries: the number of rows of the table.
    package func addSquares(
        to parts: UnsafeMutableBufferPointer<Double>, width: Int, entries: Int
    ) {
        lockstep_rows_squares(parts.baseAddress, parts.count, rows, width, entries)
    }

    /// Copies these rows from a table.
    package func load(from table: UnsafePointer<Float>, to values: UnsafeMutablePointer<Float>, width: Int) {
        lockstep_rows_load(values, table, ids, count, width)
    }

    /// Writes the rows to a table.
    package func store(to table: UnsafeMutablePointer<Float>, width: Int) {
        lockstep_rows_store(table, rows, width)
    }
}
