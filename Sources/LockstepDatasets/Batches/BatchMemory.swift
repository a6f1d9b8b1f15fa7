import Glibc
import LockstepContracts
import LockstepTensors

/// The memory of a batch: space for the numbers of its samples, field by field.
///
/// A row of a varying field has space for the maximum length, until `finish` packs the rows of a part.
final class BatchMemory {
    let schema: BatchSchema
    /// The maximum number of rows.
    let capacity: Int
    /// The size of a row of each field, in bytes.
    let byteCounts: ContiguousArray<Int>
    private let storages: ContiguousArray<Storage>
    /// For each varying field int32 [capacity].
    private let lengths: ContiguousArray<Storage?>
    private let varying: ContiguousArray<Int>

    init(_ schema: BatchSchema, rows: Int) {
        self.schema = schema
        capacity = rows
        byteCounts = ContiguousArray(schema.fields.map(\.byteCount))
        // One row more, so that an empty part at the end also begins inside.
        storages = ContiguousArray(schema.fields.map { Storage(byteCount: (rows + 1) * $0.byteCount) })
        lengths = ContiguousArray(
            schema.fields.map { $0.isVarying ? Storage(byteCount: (rows + 1) * 4) : nil })
        varying = ContiguousArray(schema.fields.indices.filter { schema.fields[$0].isVarying })
    }

    /// Whether rows must be packed after they are written.
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

    /// Calls a data set to write a sample into a row.
    func write(
        _ sample: Int, of split: DatasetSplit, from dataset: any Dataset, row: Int, draws: SampleDraws?
    ) {
        for field in varying { lengths(of: field)[row] = 0 }
        dataset.write(sample, of: split, into: BatchRow(memory: self, row: row), draws: draws)
        for field in varying {
            contract(
                lengths(of: field)[row] > 0,
                "Dataset: write did not set the length of field '\(schema.fields[field].name)'")
        }
    }

    /// Packs the rows of a part in varying fields, and makes tensors that view them.
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

    /// Shortens all rows of a part to the longest of them, and pads with zeros.
    /// - Returns: the length of the longest row; 1 if there are no rows.
    private func moveTogether(_ rows: Range<Int>, _ field: Int) -> Int {
        let lengths = lengths(of: field)
        var longest = 1
        for row in rows { longest = max(longest, Int(lengths[row])) }
        let entryBytes = byteCounts[field] / schema.fields[field].shape[0]
        let size = longest * entryBytes
        let first = address(field, row: rows.lowerBound)
        // A row moves towards the front, never onto a row that has not moved yet.
        for row in rows {
            let used = Int(lengths[row]) * entryBytes
            let place = first + (row - rows.lowerBound) * size
            memmove(place, address(field, row: row), used)
            memset(place + used, 0, size - used)
        }
        return longest
    }
}
