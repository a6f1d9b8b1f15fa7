import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// An index that is out of range.
public struct IndexError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The index.
    public let index: Int
    /// The extent: legal indices are 0 ..< extent.
    public let extent: Int
    /// The position in the tensor of indices, in memory order.
    public let place: Int

    public var description: String {
        "The index \(index) (number \(place) of the shard's) is outside of 0 to \(extent - 1). "
            + "Check the indices in the data, or the extent in the model."
    }
}

extension Tape {
    /// Reports an `IndexError` for the first invalid position that a kernel returned; nothing for -1.
    func reportIndex(_ place: Int, _ ids: Tensor, _ extent: Int) {
        if place >= 0 { report(IndexError(index: Int(ids.int32s[place]), extent: extent, place: place)) }
    }
}

/// Selects entries of x along an axis: y[..., i, ...] = x[..., ids[i], ...]; an entry may be used any number
/// of times.
///
/// The gradient is summed in the order of the ids. An id outside the axis reads 0 and is reported to the tape
/// (`Tape.failure`) as an `IndexError`.
///
/// Shapes: x [..., E, ...] float32 or bfloat16; ids [n], int32; y [..., n, ...].
public func indexSelect(_ x: Variable, _ ids: Tensor, axis: Int = 0) -> Variable {
    index(.select, x, ids, x.shape.dimension(axis, "indexSelect"), entries: nil)
}

/// Sums entries of x by their ids along an axis: y[..., s, ...] = the sum of x[..., i, ...] over all i with
/// ids[i] = s.
///
/// The transpose of `indexSelect`; sums run in the order of i. An id outside 0 ..< entries adds nothing and
/// is reported to the tape as an `IndexError`.
///
/// Shapes: x [..., n, ...]; ids [n], int32; y [..., entries, ...], float32.
public func indexAdd(_ x: Variable, _ ids: Tensor, entries: Int, axis: Int = 0) -> Variable {
    index(.add, x, ids, x.shape.dimension(axis, "indexAdd"), entries: entries)
}

/// Selects one element per index along an axis: y[.., i, k] = x[.., ids[.., i, k], k], PyTorch's `gather`.
///
/// The gradient is summed in memory order. An index outside the axis reads 0 and is reported to the tape as
/// an `IndexError`.
///
/// Shapes: x [..., E, ...]; ids int32, with the shape of x except along the axis, [..., n, ...]; y as ids,
/// float32.
public func gather(_ x: Variable, _ ids: Tensor, axis: Int) -> Variable {
    index(.gather, x, ids, x.shape.dimension(axis, "gather"), entries: nil)
}

/// Adds each element of x at its index along an axis: y[.., ids[.., i, k], k] += x[.., i, k], PyTorch's
/// `scatter_add` to zeros.
///
/// The transpose of `gather`; sums run in memory order. An index outside 0 ..< entries adds nothing and is
/// reported to the tape as an `IndexError`.
///
/// Shapes: x [..., n, ...]; ids int32, as x; y [..., entries, ...], float32.
public func scatterAdd(_ x: Variable, _ ids: Tensor, entries: Int, axis: Int) -> Variable {
    index(.scatter, x, ids, x.shape.dimension(axis, "scatterAdd"), entries: entries)
}

private func index(
    _ kind: IndexOperation.Kind, _ x: Variable, _ ids: Tensor, _ dimension: Int, entries: Int?
) -> Variable {
    let isElementwise = kind == .gather || kind == .scatter
    var expected = x.shape
    if kind == .gather, ids.shape.rank == x.shape.rank { expected[dimension] = ids.shape[dimension] }
    let fits =
        isElementwise
        ? ids.shape == expected
        : ids.shape.rank == 1 && (kind == .select || ids.shape[0] == x.shape[dimension])
    guard fits, ids.dtype == .int32, entries ?? 0 >= 0 else {
        brokenContract(
            """
            \(kind.name)\(x.place): indices \(ids.shape) of \(ids.dtype) do not fit x \(x.shape) along axis \(dimension)\
            \(entries.map { ", \($0) entries" } ?? "")
            """)
    }
    let tape = x.tape
    // A selection copies elements in their type; the others compute in float32.
    let x = kind == .select ? x : cast(x, to: .float32)
    let key = IndexOperation.Key(
        kind: kind, x: x.shape, dtype: x.value.dtype, dimension: dimension,
        result: entries ?? ids.shape[isElementwise ? dimension : 0])
    let operation = tape.operation(IndexOperation.self, key: key) { IndexOperation(key: $0) }
    let y = operation.forward(x.value, ids, tape)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind reading and adding by indices. Inside, x is [outer, entries, width].
final class IndexOperation: DifferentiableOperation {
    enum Kind {
        case select
        case add
        case gather
        case scatter

        /// The function's name.
        var name: String {
            switch self {
            case .select: "indexSelect"
            case .add: "indexAdd"
            case .gather: "gather"
            case .scatter: "scatterAdd"
            }
        }
    }

    struct Key: Equatable {
        var kind: Kind
        var x: Shape
        var dtype: DType
        var dimension: Int
        /// The extent of the result along the dimension.
        var result: Int
    }

    let key: Key
    private let shape: Shape
    private let outer: Int
    private let width: Int
    private let entries: Int
    private var ids: Tensor?

    init(key: Key) {
        self.key = key
        outer = key.x.elementCount(of: 0..<key.dimension)
        width = key.x.elementCount(of: key.dimension + 1..<key.x.rank)
        entries = key.x[key.dimension]
        var shape = key.x
        shape[key.dimension] = key.result
        self.shape = shape
    }

    /// x, ids -> y.
    func forward(_ x: Tensor, _ ids: Tensor, _ tape: Tape) -> Tensor {
        let y = tape.pool.tensor(shape, key.dtype)
        self.ids = ids
        if outer > 0 && width > 0 { tape.reportIndex(run(key.kind, x, ids, y), ids, extent) }
        return y
    }

    /// The extent of the axis that the indices refer to.
    private var extent: Int { key.kind == .select || key.kind == .gather ? entries : key.result }

    /// The transposed operation.
    var readsWholeInputs: Bool { false }

    func backward(_ context: BackwardContext) {
        guard let ids else { brokenContract("\(key.kind.name): backward without forward") }
        let dy = context.outputGradient
        let transposed: Kind =
            switch key.kind {
            case .select: .add
            case .add: .select
            case .gather: .scatter
            case .scatter: .gather
            }
        context.write(0, as: .float32) { dx in
            if outer > 0 && width > 0 { _ = run(transposed, dy, ids, dx) } else { dx.fillWithZeros() }
        }
    }

    /// Runs one of the four kernels; returns the first invalid position.
    private func run(_ kind: Kind, _ x: Tensor, _ ids: Tensor, _ y: Tensor) -> Int {
        switch kind {
        case .select:
            let count = ids.elementCount
            return lockstep_index_select(
                y.address, x.address, ids.int32s, outer, extent, count, width * y.dtype.byteCount)
        case .add:
            y.fillWithZeros()
            return lockstep_index_add(
                y.floats, x.address, ids.int32s, outer, extent, ids.elementCount, width,
                x.dtype == .bfloat16 ? 1 : 0)
        case .gather:
            return lockstep_gather_elements(
                y.floats, x.floats, ids.int32s, outer, extent, ids.shape[key.dimension], width)
        case .scatter:
            y.fillWithZeros()
            return lockstep_scatter_elements(
                y.floats, x.floats, ids.int32s, outer, extent, ids.shape[key.dimension], width)
        }
    }

    func release() { ids = nil }
}
