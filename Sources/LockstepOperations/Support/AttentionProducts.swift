internal import COneDNN
import LockstepTensors

/// The products of matrices in attention and its backward, all samples and heads at once, on parts of larger tensors.
///
/// A part (queries, keys, values) has elements [N, H, L, D] with the strides of qkv [N, L, 3 E]; y those of [N, L, E].
/// With a causal mask the queries are taken in blocks of 64, each with the keys that its last query sees: what is masked
/// behind them is neither computed nor read, so scores and their gradient have no numbers there.
final class AttentionProducts {
    private typealias Strides = (Int64, Int64, Int64, Int64)

    /// A product over some of the steps; each operand starts at an offset in elements.
    private struct Block {
        var product: DNNPrimitive
        var a: Int
        var b: Int
        var c: Int
    }

    /// The steps of a block as queries, and how many keys they see together.
    private struct Steps {
        var first: Int
        var count: Int
        var keys: Int
    }

    private static let blockSize = 64

    private let extents: (samples: Int64, heads: Int64, length: Int, dimension: Int64)
    private let dtype: DType
    private let steps: [Steps]
    private let partStrides: Strides
    private let outputStrides: Strides
    private let scoreStrides: Strides

    private lazy var scoresProduct = ofQueries(
        "attention scores", partStrides, turned(partStrides), scoreStrides)
    private lazy var outputProduct = ofKeys(
        "attention output", scoreStrides, partStrides, outputStrides)
    private lazy var probabilityProduct = ofQueries(
        "attention probability gradient", outputStrides, turned(partStrides), scoreStrides)
    private lazy var valueProduct = overQueries(
        "attention value gradient", turned(scoreStrides), outputStrides, partStrides)
    private lazy var queryProduct = ofKeys("attention query gradient", scoreStrides, partStrides, partStrides)
    private lazy var keyProduct = overQueries(
        "attention key gradient", turned(scoreStrides), partStrides, partStrides)

    /// Products for qkv [samples, length, 3 width] and heads that divide the width.
    init(samples: Int, heads: Int, length: Int, width: Int, dtype: DType, isCausal: Bool) {
        self.dtype = dtype
        let dimension = width / heads
        extents = (Int64(samples), Int64(heads), length, Int64(dimension))
        partStrides = (Int64(length * 3 * width), Int64(dimension), Int64(3 * width), 1)
        outputStrides = (Int64(length * width), Int64(dimension), Int64(width), 1)
        scoreStrides = (Int64(heads * length * length), Int64(length * length), Int64(length), 1)
        let size = isCausal ? Self.blockSize : length
        steps = stride(from: 0, to: length, by: max(1, size)).map { first in
            let count = min(size, length - first)
            return Steps(first: first, count: count, keys: first + count)
        }
    }

    private func turned(_ strides: Strides) -> Strides { (strides.0, strides.1, strides.3, strides.2) }

    private func make(
        _ name: StaticString, rows: Int, depth: Int64, columns: Int64, _ a: Strides, _ b: Strides,
        _ c: Strides,
        _ result: DType
    ) -> DNNPrimitive {
        DNNPrimitive(name) {
            var parameters = lockstep_dnn_matmul(
                outer: extents.samples, inner: extents.heads, rows: Int64(rows), depth: depth,
                columns: columns, strides_a: a, strides_b: b, strides_c: c,
                has_bias: 0, activation: LOCKSTEP_DNN_IDENTITY, type: dtype.dnn,
                result_type: result.dnn, is_packed: 0)
            return lockstep_dnn_matmul_create($0, &parameters)
        }
    }

    /// c [queries, keys] = a [queries, D] b [D, keys], in float32.
    private func ofQueries(_ name: StaticString, _ a: Strides, _ b: Strides, _ c: Strides) -> [Block] {
        steps.map {
            Block(
                product: make(
                    name, rows: $0.count, depth: extents.dimension, columns: Int64($0.keys), a, b, c, .float32
                ),
                a: $0.first * Int(a.2), b: 0, c: $0.first * Int(c.2))
        }
    }

    /// c [queries, D] = a [queries, keys] b [keys, D].
    private func ofKeys(_ name: StaticString, _ a: Strides, _ b: Strides, _ c: Strides) -> [Block] {
        steps.map {
            Block(
                product: make(
                    name, rows: $0.count, depth: Int64($0.keys), columns: extents.dimension, a, b, c, dtype),
                a: $0.first * Int(a.2), b: 0, c: $0.first * Int(c.2))
        }
    }

    /// c [keys, D] = a [keys, queries] b [queries, D]; a block of keys is seen by its own queries and all behind them.
    private func overQueries(_ name: StaticString, _ a: Strides, _ b: Strides, _ c: Strides) -> [Block] {
        steps.map {
            // Without a mask there is one block, of all keys.
            Block(
                product: make(
                    name, rows: $0.count, depth: Int64(extents.length - $0.first), columns: extents.dimension,
                    a, b, c, dtype),
                a: $0.first * Int(a.2 + a.3), b: $0.first * Int(b.2), c: $0.first * Int(c.2))
        }
    }

    private func execute(
        _ blocks: [Block], _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ c: UnsafeMutableRawPointer,
        _ result: DType
    ) {
        let (size, resultSize) = (dtype.byteCount, result.byteCount)
        for block in blocks {
            block.product.execute {
                lockstep_dnn_matmul_execute(
                    $0, a + block.a * size, b + block.b * size, nil, c + block.c * resultSize)
            }
        }
    }

    /// q k^T, in float32.
    func scores(_ q: UnsafeRawPointer, _ k: UnsafeRawPointer, _ scores: UnsafeMutableRawPointer) {
        execute(scoresProduct, q, k, scores, .float32)
    }

    /// p v.
    func output(_ p: UnsafeRawPointer, _ v: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) {
        execute(outputProduct, p, v, y, dtype)
    }

    /// dp = dy v^T, in float32.
    func probabilityGradient(_ dy: UnsafeRawPointer, _ v: UnsafeRawPointer, _ dp: UnsafeMutableRawPointer) {
        execute(probabilityProduct, dy, v, dp, .float32)
    }

    /// dv = p^T dy.
    func valueGradient(_ p: UnsafeRawPointer, _ dy: UnsafeRawPointer, _ dv: UnsafeMutableRawPointer) {
        execute(valueProduct, p, dy, dv, dtype)
    }

    /// dq = ds k.
    func queryGradient(_ ds: UnsafeRawPointer, _ k: UnsafeRawPointer, _ dq: UnsafeMutableRawPointer) {
        execute(queryProduct, ds, k, dq, dtype)
    }

    /// dk = ds^T q.
    func keyGradient(_ ds: UnsafeRawPointer, _ q: UnsafeRawPointer, _ dk: UnsafeMutableRawPointer) {
        execute(keyProduct, ds, q, dk, dtype)
    }
}
