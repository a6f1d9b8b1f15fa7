import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// Multi-head attention with queries from one sequence and keys and values from another: softmax(q k^T /
/// sqrt(D)) v for each head.
///
/// Composed of `permute`, `matmul` and a masked softmax. For self-attention,
/// `attention(_:heads:isCausal:lengths:)` is faster: it keeps each head in the cache.
///
/// Shapes: queries [N, Q, E], keys [N, K, E], values [N, K, V] with heads side by side, E and V multiples of
/// `heads`; lengths [N], int32: the number of a sample's K keys that are not padding (nil: all); result [N,
/// Q, V]. A query without keys gives 0. A length outside 0 ... K is reported to the tape (`Tape.failure`) as
/// a `LengthError`. Source: Vaswani et al. 2017, section 3.2.
/// - Parameter isCausal: whether query i attends only to keys 0 ... i.
public func attention(
    queries: Variable, keys: Variable, values: Variable, heads: Int, isCausal: Bool = false,
    lengths: Tensor? = nil
) -> Variable {
    let (q, k, v) = (queries.shape, keys.shape, values.shape)
    guard q.rank == 3, k.rank == 3, v.rank == 3, q[0] == k[0], k[0] == v[0], k[1] == v[1], q[2] == k[2],
        heads > 0,
        q[2] % heads == 0, v[2] % heads == 0,
        lengths.map({ $0.shape == Shape(q[0]) && $0.dtype == .int32 }) ?? true
    else {
        brokenContract(
            """
            attention\(Variable.place(queries, keys, values)): queries \(q), keys \(k) and values \(v) have to be \
            [N, Q, E], [N, K, E] and [N, K, V] with E and V multiples of \(heads) heads, and lengths \
            \(lengths.map { "\($0.shape) of \($0.dtype) elements" } ?? "none") [N] of int32
            """)
    }
    let scores = matmul(split(queries, heads), split(keys, heads), transposeB: true)
    let scale = 1 / Float(Swift.max(1, q[2] / heads)).squareRoot()
    let seen = maskedSoftmax(scores, scale: scale, isCausal: isCausal, lengths: lengths, of: "attention")
    let result = permute(matmul(seen, split(values, heads)), Axes(0, 2, 1, 3))
    return reshape(result, to: Shape(q[0], q[1], v[2]))
}

/// [N, L, heads x D] to [N, heads, L, D].
private func split(_ x: Variable, _ heads: Int) -> Variable {
    let shape = Shape(x.shape[0], x.shape[1], heads, x.shape[2] / heads)
    return permute(reshape(x, to: shape), Axes(0, 2, 1, 3))
}
