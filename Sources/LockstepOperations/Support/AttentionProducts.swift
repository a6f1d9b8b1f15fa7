internal import COneDNN
import LockstepTensors

/// The products of matrices in attention and its backward, all samples and heads at once, on parts of larger tensors.
///
/// A part (queries, keys, values) has elements [N, H, L, D] with the strides of qkv [N, L, 3 E]; y those of [N, L, E].
final class AttentionProducts {
    private typealias Strides = (Int64, Int64, Int64, Int64)

    private let extents: (samples: Int64, heads: Int64, length: Int64, dimension: Int64)
    private let dtype: DType
    private let partStrides: Strides
    private let outputStrides: Strides
    private let scoreStrides: Strides

    private lazy var scoresProduct = make(
        "attention scores", depth: extents.dimension, columns: extents.length, partStrides,
        turned(partStrides), scoreStrides, .float32)
    private lazy var outputProduct = make(
        "attention output", depth: extents.length, columns: extents.dimension, scoreStrides, partStrides,
        outputStrides, dtype)
    private lazy var probabilityProduct = make(
        "attention probability gradient", depth: extents.dimension, columns: extents.length, outputStrides,
        turned(partStrides), scoreStrides, .float32)
    private lazy var valueProduct = make(
        "attention value gradient", depth: extents.length, columns: extents.dimension, turned(scoreStrides),
        outputStrides, partStrides, dtype)
    private lazy var queryProduct = make(
        "attention query gradient", depth: extents.length, columns: extents.dimension, scoreStrides,
        partStrides, partStrides, dtype)
    private lazy var keyProduct = make(
        "attention key gradient", depth: extents.length, columns: extents.dimension, turned(scoreStrides),
        partStrides, partStrides, dtype)

    /// Products for qkv [samples, length, 3 width] and heads that divide the width.
    init(samples: Int, heads: Int, length: Int, width: Int, dtype: DType) {
        self.dtype = dtype
        let dimension = width / heads
        extents = (Int64(samples), Int64(heads), Int64(length), Int64(dimension))
        partStrides = (Int64(length * 3 * width), Int64(dimension), Int64(3 * width), 1)
        outputStrides = (Int64(length * width), Int64(dimension), Int64(width), 1)
        scoreStrides = (Int64(heads * length * length), Int64(length * length), Int64(length), 1)
    }

    private func turned(_ strides: Strides) -> Strides { (strides.0, strides.1, strides.3, strides.2) }

    private func make(
        _ name: StaticString, depth: Int64, columns: Int64, _ a: Strides, _ b: Strides, _ c: Strides,
        _ result: DType
    ) -> DNNPrimitive {
        DNNPrimitive(name) {
            var parameters = lockstep_dnn_matmul(
                outer: extents.samples, inner: extents.heads, rows: extents.length, depth: depth,
                columns: columns, strides_a: a, strides_b: b, strides_c: c,
                has_bias: 0, activation: LOCKSTEP_DNN_IDENTITY, type: dtype.dnn,
                result_type: result.dnn, is_packed: 0)
            return lockstep_dnn_matmul_create($0, &parameters)
        }
    }

    /// q k^T, in float32.
    func scores(_ q: UnsafeRawPointer, _ k: UnsafeRawPointer, _ scores: UnsafeMutableRawPointer) {
        scoresProduct.execute { lockstep_dnn_matmul_execute($0, q, k, nil, scores) }
    }

    /// p v.
    func output(_ p: UnsafeRawPointer, _ v: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) {
        outputProduct.execute { lockstep_dnn_matmul_execute($0, p, v, nil, y) }
    }

    /// dp = dy v^T, in float32.
    func probabilityGradient(_ dy: UnsafeRawPointer, _ v: UnsafeRawPointer, _ dp: UnsafeMutableRawPointer) {
        probabilityProduct.execute { lockstep_dnn_matmul_execute($0, dy, v, nil, dp) }
    }

    /// dv = p^T dy.
    func valueGradient(_ p: UnsafeRawPointer, _ dy: UnsafeRawPointer, _ dv: UnsafeMutableRawPointer) {
        valueProduct.execute { lockstep_dnn_matmul_execute($0, p, dy, nil, dv) }
    }

    /// dq = ds k.
    func queryGradient(_ ds: UnsafeRawPointer, _ k: UnsafeRawPointer, _ dq: UnsafeMutableRawPointer) {
        queryProduct.execute { lockstep_dnn_matmul_execute($0, ds, k, nil, dq) }
    }

    /// dk = ds^T q.
    func keyGradient(_ ds: UnsafeRawPointer, _ q: UnsafeRawPointer, _ dk: UnsafeMutableRawPointer) {
        keyProduct.execute { lockstep_dnn_matmul_execute($0, ds, q, nil, dk) }
    }
}
