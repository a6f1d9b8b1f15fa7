import Glibc
import LockstepContracts
import LockstepTensors

/// The memory of a batch: place for the numbers of a number of samples, field by field.
///
/// Of a varying field every row has place for the largest length, until `finish` moves the rows of a part together.
final class BatchMemory {
    let schema: BatchSchema
    /// The number of rows there is place for.
    let capacity: Int
    /// For each field the size of a row.
    let byteCounts: ContiguousArray<Int>
    private let storages: ContiguousArray<Storage>
    /// For each varying field int32 [capacity].
    private let lengths: ContiguousArray<Storage?>
    private let varying: ContiguousArray<Int>

    init(_ schema: BatchSchema, rows: Int) {
        self.schema = schema
        capacity = rows
        byteCounts = ContiguousArray(schema.fields.map(\.byteCount))
        // One row more: a part without rows begins inside, too.
        storages = ContiguousArray(schema.fields.map { Storage(byteCount: (rows + 1) * $0.byteCount) })
        lengths = ContiguousArray(
            schema.fields.map { $0.isVarying ? Storage(byteCount: (rows + 1) * 4) : nil })
        varying = ContiguousArray(schema.fields.indices.filter { schema.fields[$0].isVarying })
    }

    /// Whether rows have to be moved together.
    var isVarying: Bool { !varying.isEmpty }

    func address(_ field: Int, row: Int) -> UnsafeMutableRawPointer {
        storages[field].address + row * byteCounts[field]
    }

    /// The lengths of a varying field, one for each row.
    func lengths(of field: Int) -> UnsafeMutablePointer<Int32> {
        guard let storage = lengths[field] else {
            brokenContract("BatchRow: field '\(schema.fields[field].name)' is not varying")
        }
        return storage.address.assumingMemoryBound(to: Int32.self)
    }

    /// Lets a data set write a sample into a row.
    func write(
        _ sample: Int, of split: DatasetSplit, from dataset: any Dataset, row: Int, draws: SampleDraws?
    ) {
        for field in varying { lengths(of: field)[row] = 0 }
        dataset.write(sample, of: split, into: BatchRow(memory: self, row: row), draws: draws)
        for field in varying {
            contract(
                lengths(of: field)[row] > 0,
                "Dataset: write has set no length of field '\(schema.fields[field].name)'")
        }
    }

    /// Moves the rows of a part together where their field is varying, and lets tensors view them.
    func finish(_ rows: Range<Int>, into part: FieldTensors) {
        part.count = rows.count
        for field in schema.fields.indices {
            var shape = schema.fields[field].shape
            if schema.fields[field].isVarying {
                shape[0] = moveTogether(rows, field)
                part.lengths[field] = lengths[field].map {
                    Tensor(
                        storage: $0, byteOffset: rows.lowerBound * 4, shape: Shape(rows.count), dtype: .int32)
                }
            }
            part.tensors[field] = Tensor(
                storage: storages[field], byteOffset: rows.lowerBound * byteCounts[field],
                shape: shape.prepending(rows.count), dtype: schema.fields[field].type.dtype)
        }
    }

    /// Shortens all rows of a part to the longest of them, and fills up with zeros.
    /// - Returns: its length; 1 for no rows.
    private func moveTogether(_ rows: Range<Int>, _ field: Int) -> Int {
        let lengths = lengths(of: field)
        var longest = 1
        for row in rows { longest = max(longest, Int(lengths[row])) }
        let entryBytes = byteCounts[field] / schema.fields[field].shape[0]
        let size = longest * entryBytes
        let first = address(field, row: rows.lowerBound)
        // A row moves to the front, never onto one that is still to be moved.
        for row in rows {
            let used = Int(lengths[row]) * entryBytes
            let place = first + (row - rows.lowerBound) * size
            memmove(place, address(field, row: row), used)
            memset(place + used, 0, size - used)
        }
        return longest
    }
}
