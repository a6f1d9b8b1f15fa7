import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Rows of a table: y[i] = table[ids[i]].
///
/// Backward adds to the used rows in the order of the ids. An id outside the table is reported to the tape
/// (`Tape.failure`) as a `LabelError`.
///
/// Shapes: ids [...], int32; table [entries, width]; y [..., width].
public func embedding(_ ids: Tensor, table: Variable) -> Variable {
    guard table.shape.rank == 2, ids.shape.rank < Shape.maximumRank, ids.dtype == .int32 else {
        brokenContract(
            "embedding\(table.place): ids \(ids.shape) of \(ids.dtype) elements, table \(table.shape)")
    }
    let tape = table.tape
    let operation = tape.operation(
        EmbeddingOperation.self, key: .init(ids: ids.shape, table: table.shape)
    ) { EmbeddingOperation(key: $0) }
    var shape = ids.shape.prepending(table.shape[1])
    for dimension in 0..<ids.shape.rank { shape[dimension] = ids.shape[dimension] }
    shape[ids.shape.rank] = table.shape[1]
    let y = tape.pool.tensor(shape, table.value.dtype)
    let bad = lockstep_embedding_gather(
        y.address, table.value.address, ids.int32s, ids.elementCount,
        table.shape[1] * y.dtype.byteCount, table.shape[0])
    if bad >= 0 {
        tape.report(LabelError(label: Int(ids.int32s[bad]), classes: table.shape[0], row: bad))
    }
    operation.ids = ids
    return tape.record(operation, inputs: table, output: y)
}

/// Rows of a parameter's table, read on `tape`; see `embedding(_:table:)` for variables.
///
/// A sparse table is float32 in mixed precision, too: the rows that are read are rounded.
public func embedding(_ ids: Tensor, table: Parameter, on tape: Tape) -> Variable {
    let rows = embedding(ids, table: tape.variable(table))
    return table.isSparse && tape.precision == .bfloat16 ? cast(rows, to: .bfloat16) : rows
}

/// The operation behind `embedding`.
final class EmbeddingOperation: DifferentiableOperation {
    struct Key: Equatable {
        var ids: Shape
        var table: Shape
    }

    let key: Key
    var ids: Tensor?

    init(key: Key) { self.key = key }

    var readsWholeInputs: Bool { false }

    func backward(_ context: BackwardContext) {
        guard context.needsGradient(0) else { return }
        guard let ids else { brokenContract("embedding: backward without forward") }
        if context.isSparse(0) { return context.addRows(0, ids: ids, rows: context.outputGradient) }
        let place = context.destination(0)
        if !place.accumulates { place.tensor.fillWithZeros() }
        let (dy, count) = (context.outputGradient, ids.elementCount)
        let (width, entries) = (key.table[1], key.table[0])
        if dy.dtype == .bfloat16 {
            lockstep_embedding_scatter_bfloat16(
                place.tensor.floats, dy.bfloat16s, ids.int32s, count, width, entries)
        } else {
            lockstep_embedding_scatter(place.tensor.floats, dy.floats, ids.int32s, count, width, entries)
        }
    }

    func release() { ids = nil }
}
