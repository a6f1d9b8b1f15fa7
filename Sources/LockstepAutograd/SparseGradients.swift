import CKernels
import LockstepContracts
import LockstepTensors

/// The gradients of a shard with respect to sparse tables: the rows that the shard has used.
///
/// Sums have the bits of those of a dense table: rows are added in the order of backward, starting from 0. The memory
/// grows to the largest shard and is kept.
public final class SparseGradients {
    /// By registration number; nil for parameters that are not sparse tables.
    private var tables: ContiguousArray<UsedRows?> = []

    /// For the given tables.
    package init(_ parameters: [Parameter]) {
        for parameter in parameters {
            while tables.count <= parameter.index { tables.append(nil) }
            tables[parameter.index] = UsedRows(width: parameter.shape[1])
        }
    }

    /// Starts a new shard.
    package func begin() {
        for table in tables { table?.count = 0 }
    }

    /// The sums of a table's rows in this shard.
    package func collect(_ table: Parameter, into sums: SparseRows) { rows(of: table).collect(into: sums) }

    func add(ids: Tensor, rows gradients: Tensor, to table: Parameter) {
        let width = table.shape[1]
        contract(
            ids.dtype == .int32 && gradients.dtype == .float32
                && gradients.elementCount == ids.elementCount * width,
            """
            SparseGradients: ids \(ids.shape) of \(ids.dtype) elements and rows \(gradients.shape) of \
            \(gradients.dtype) elements for \(table.name) \(table.shape)
            """
        )
        rows(of: table).append(ids, gradients, entries: table.shape[0])
    }

    private func rows(of table: Parameter) -> UsedRows {
        guard table.index < tables.count, let rows = tables[table.index] else {
            brokenContract("SparseGradients: \(table.name) is none of the tables")
        }
        return rows
    }
}

/// The gradients of a table's rows in the order in which backward has made them; several may be of the same row.
private final class UsedRows {
    let width: Int
    var count = 0
    private var capacity = 0
    private var ids: UnsafeMutablePointer<Int32>
    private var values: UnsafeMutablePointer<Float>
    private var keys: UnsafeMutablePointer<UInt64>

    init(width: Int) {
        self.width = width
        ids = .allocate(capacity: 1)
        values = .allocate(capacity: 1)
        keys = .allocate(capacity: 1)
    }

    deinit {
        ids.deallocate()
        values.deallocate()
        keys.deallocate()
    }

    func append(_ new: Tensor, _ gradients: Tensor, entries: Int) {
        reserve(count + new.elementCount)
        let (ids, values) = (ids + count, values + count * width)
        count += lockstep_rows_append(
            ids, values, new.int32s, gradients.floats, new.elementCount, width, entries)
    }

    func collect(into sums: SparseRows) {
        sums.collect(SparseRows.View(ids: ids, values: values, count: count), keys: keys)
    }

    private func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        capacity = needed + needed / 4
        let (oldIDs, oldValues) = (ids, values)
        ids = .allocate(capacity: capacity)
        values = .allocate(capacity: capacity * width)
        ids.update(from: oldIDs, count: count)
        values.update(from: oldValues, count: count * width)
        oldIDs.deallocate()
        oldValues.deallocate()
        keys.deallocate()
        keys = .allocate(capacity: 2 * capacity)
    }
}
