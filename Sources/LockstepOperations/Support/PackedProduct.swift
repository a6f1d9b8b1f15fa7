internal import COneDNN
import LockstepTensors

/// Products a b with weights b that are packed once per step (see `PackedWeights`); results are float32.
final class PackedProduct {
    private let product: DNNPrimitive
    private let weights: PackedWeights

    /// a [rows, depth]; b [depth, columns] with these row and column strides.
    init(_ name: StaticString, rows: Int, depth: Int, columns: Int, strides: (Int, Int), _ dtype: DType) {
        var parameters = lockstep_dnn_matmul(
            outer: 1, inner: 1, rows: Int64(rows), depth: Int64(depth), columns: Int64(columns),
            strides_a: (0, 0, Int64(depth), 1), strides_b: (0, 0, Int64(strides.0), Int64(strides.1)),
            strides_c: (0, 0, Int64(columns), 1), has_bias: 0,
            type: dtype.dnn, result_type: LOCKSTEP_DNN_FLOAT32, is_packed: 1)
        let product = DNNPrimitive(name) { lockstep_dnn_matmul_create($0, &parameters) }
        self.product = product
        weights = PackedWeights(
            pack: DNNPrimitive("packing of weights") { made in
                product.query { lockstep_dnn_matmul_pack_create(made, &parameters, $0) }
            }, byteCount: product.query { lockstep_dnn_matmul_packed_bytes($0) })
    }

    /// The weights in the layout of `execute`; repacked if the version has changed, and always without one.
    func packed(_ weight: Tensor, version: UInt64?) -> UnsafeRawPointer {
        weights.current(weight, version: version)
    }

    /// a [rows, depth] and packed weights -> a b [rows, columns].
    func execute(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ result: UnsafeMutableRawPointer) {
        product.execute { lockstep_dnn_matmul_execute($0, a, b, nil, result) }
    }
}
