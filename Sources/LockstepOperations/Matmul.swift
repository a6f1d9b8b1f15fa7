internal import COneDNN
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y = a b for each pair of matrices.
///
/// Shapes: a [..., M, K] (with `transposeA` [..., K, M]), b [..., K, N] (with `transposeB` [..., N, K]); y
/// [..., M, N]. Leading dimensions are equal or broadcast by NumPy's rules (which copies repeated matrices,
/// except a b of rank 2). The result is bfloat16 if both are, else float32. Traps if extents do not fit.
public func matmul(
    _ a: Variable, _ b: Variable, transposeA: Bool = false, transposeB: Bool = false
) -> Variable {
    guard a.shape.rank >= 2, b.shape.rank >= 2,
        a.shape[transposeA ? -2 : -1] == b.shape[transposeB ? -1 : -2],
        let leading = a.shape.leading.broadcast(with: b.shape.leading),
        leading.rank <= Shape.maximumRank - 2
    else {
        brokenContract(
            """
            matmul\(Variable.place(a, b)): \(a.shape)\(transposeA ? " transposed" : "") does not fit \
            \(b.shape)\(transposeB ? " transposed" : "")
            """)
    }
    let dtype: DType =
        a.value.dtype == .bfloat16 && b.value.dtype == .bfloat16 ? .bfloat16 : .float32
    // A single matrix b is used for all rows of a.
    let isFlat = b.shape.rank == 2 && !transposeA
    let (left, right) = (cast(a, to: dtype), cast(b, to: dtype))
    return multiply(
        isFlat ? left : broadcast(left, to: a.shape.replacingLeading(with: leading)),
        isFlat ? right : broadcast(right, to: b.shape.replacingLeading(with: leading)),
        MatmulOperation.Key(
            a: isFlat ? a.shape : a.shape.replacingLeading(with: leading),
            b: isFlat ? b.shape : b.shape.replacingLeading(with: leading), transposeA: transposeA,
            transposeB: transposeB, dtype: dtype, isFlat: isFlat, gradients: (.float32, .float32)))
}

private func multiply(_ a: Variable, _ b: Variable, _ shapes: MatmulOperation.Key) -> Variable {
    let tape = a.tape
    var key = shapes
    key.aGradient = a.parameter == nil ? key.dtype : .float32
    key.bGradient = b.parameter == nil ? key.dtype : .float32
    let operation = tape.operation(MatmulOperation.self, key: key) { MatmulOperation(key: $0) }
    let y = operation.forward(a.value, b.value, pool: tape.pool)
    return tape.record(operation, inputs: a, b, output: y)
}

extension Shape {
    /// All dimensions but the last two.
    fileprivate var leading: Shape {
        var result = Shape()
        for dimension in (0..<rank - 2).reversed() { result = result.prepending(self[dimension]) }
        return result
    }

    /// The last two dimensions after other leading ones.
    fileprivate func replacingLeading(with leading: Shape) -> Shape {
        var result = Shape(self[-2], self[-1])
        for dimension in (0..<leading.rank).reversed() { result = result.prepending(leading[dimension]) }
        return result
    }
}

/// The operation behind `matmul`. Inside there are B pairs of matrices, [M, K] and [K, N].
final class MatmulOperation: DifferentiableOperation {
    struct Key: Equatable {
        var a: Shape
        var b: Shape
        var transposeA: Bool
        var transposeB: Bool
        var dtype: DType
        /// Whether to treat the leading dimensions of a as rows of one matrix.
        var isFlat: Bool
        /// A parameter's gradient is float32; that of any other variable has the variable's type.
        var aGradient: DType
        var bGradient: DType

        init(
            a: Shape, b: Shape, transposeA: Bool, transposeB: Bool, dtype: DType, isFlat: Bool,
            gradients: (DType, DType)
        ) {
            self.a = a
            self.b = b
            self.transposeA = transposeA
            self.transposeB = transposeB
            self.dtype = dtype
            self.isFlat = isFlat
            (aGradient, bGradient) = gradients
        }
    }

    /// The strides of a matrix from row to row and from column to column.
    private struct Layout {
        var row: Int
        var column: Int
        var transposed: Layout { Layout(row: column, column: row) }
    }

    let key: Key
    private let outputShape: Shape
    private let batch: Int
    private let rows: Int
    private let depth: Int
    private let columns: Int
    private let a: Layout
    private let b: Layout
    private let c: Layout
    private var saved: (a: Tensor, b: Tensor)?

    private lazy var forward = product("matmul forward", (rows, depth, columns), a, b, key.dtype)
    /// da = dc b^T; if a is stored transposed, its transpose b dc^T.
    private lazy var backwardA =
        key.transposeA
        ? product("matmul backward a", (depth, columns, rows), b, c.transposed, key.aGradient)
        : product("matmul backward a", (rows, columns, depth), c, b.transposed, key.aGradient)
    /// db = a^T dc; if b is stored transposed, its transpose dc^T a.
    private lazy var backwardB =
        key.transposeB
        ? product("matmul backward b", (columns, rows, depth), c.transposed, a, key.bGradient)
        : product("matmul backward b", (depth, rows, columns), a.transposed, c, key.bGradient)

    init(key: Key) {
        self.key = key
        let (aRows, aColumns) = (key.a[-2], key.a[-1])
        let leading = key.a.elementCount(of: 0..<key.a.rank - 2)
        batch = key.isFlat ? 1 : leading
        depth = key.transposeA ? aRows : aColumns
        let ownRows = key.transposeA ? aColumns : aRows
        rows = key.isFlat ? leading * ownRows : ownRows
        columns = key.b[key.transposeB ? -2 : -1]
        a = key.transposeA ? Layout(row: 1, column: aColumns) : Layout(row: aColumns, column: 1)
        b = key.transposeB ? Layout(row: 1, column: key.b[-1]) : Layout(row: key.b[-1], column: 1)
        c = Layout(row: columns, column: 1)
        var shape = key.a
        (shape[-2], shape[-1]) = (ownRows, columns)
        outputShape = shape
    }

    /// A product of [M, K] and [K, N] matrices to dense [M, N] ones, B times.
    private func product(
        _ name: StaticString, _ extents: (Int, Int, Int), _ left: Layout, _ right: Layout, _ result: DType
    ) -> DNNPrimitive {
        let (m, k, n) = extents
        return DNNPrimitive(name) {
            func strides(_ matrix: Int, _ layout: Layout) -> (Int64, Int64, Int64, Int64) {
                (Int64(batch * matrix), Int64(matrix), Int64(layout.row), Int64(layout.column))
            }
            var parameters = lockstep_dnn_matmul(
                outer: 1, inner: Int64(batch), rows: Int64(m), depth: Int64(k), columns: Int64(n),
                strides_a: strides(m * k, left), strides_b: strides(k * n, right),
                strides_c: strides(m * n, Layout(row: n, column: 1)), has_bias: 0,
                type: key.dtype.dnn, result_type: result.dnn, is_packed: 0)
            return lockstep_dnn_matmul_create($0, &parameters)
        }
    }

    /// a, b -> y [..., M, N].
    func forward(_ a: Tensor, _ b: Tensor, pool: StoragePool) -> Tensor {
        let y = pool.tensor(outputShape, key.dtype)
        if depth == 0 { y.fillWithZeros() }
        guard y.elementCount > 0, depth > 0 else { return y }
        forward.execute { lockstep_dnn_matmul_execute($0, a.address, b.address, nil, y.address) }
        saved = (a, b)
        return y
    }

    /// dy [..., M, N] -> da, db.
    func backward(_ context: BackwardContext) {
        guard let saved else { return context.writeZeros(inputs: 2) }
        let dy = context.outputGradient
        context.write(0) { da in
            let (left, right) = key.transposeA ? (saved.b, dy) : (dy, saved.b)
            backwardA.execute {
                lockstep_dnn_matmul_execute($0, left.address, right.address, nil, da.address)
            }
        }
        context.write(1) { db in
            let (left, right) = key.transposeB ? (dy, saved.a) : (saved.a, dy)
            backwardB.execute {
                lockstep_dnn_matmul_execute($0, left.address, right.address, nil, db.address)
            }
        }
    }

    func release() { saved = nil }
}
