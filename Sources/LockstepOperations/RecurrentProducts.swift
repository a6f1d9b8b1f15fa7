internal import COneDNN
import LockstepTensors

/// The products of a recurrent layer with U [G H, H]: each step's with N rows, and the gradient of U over all
/// steps.
///
/// The products of a step are small and many, so U is packed once per training step.
final class RecurrentProducts {
    private let key: RecurrentOperation.Key
    private let rows: Int

    /// h [N, H] -> h U^T [N, G H].
    private(set) lazy var forward = PackedProduct(
        "recurrent forward", rows: key.samples, depth: key.units, columns: rows, strides: (1, key.units),
        key.dtype)
    /// d [N, G H] -> d U [N, H].
    private(set) lazy var backward = PackedProduct(
        "recurrent backward", rows: key.samples, depth: rows, columns: key.units, strides: (key.units, 1),
        key.dtype)
    private lazy var gradientProduct = DNNPrimitive("recurrent weight gradient") {
        var parameters = lockstep_dnn_matmul(
            outer: 1, inner: 1, rows: Int64(rows), depth: Int64((key.steps - 1) * key.samples),
            columns: Int64(key.units), strides_a: (0, 0, 1, Int64(rows)),
            strides_b: (0, 0, Int64(key.units), 1), strides_c: (0, 0, Int64(key.units), 1), has_bias: 0,
            type: key.dtype.dnn, result_type: LOCKSTEP_DNN_FLOAT32,
            is_packed: 0)
        return lockstep_dnn_matmul_create($0, &parameters)
    }

    init(_ key: RecurrentOperation.Key) {
        self.key = key
        rows = key.cell.gates * key.units
    }

    /// d [(T - 1) N, G H] and the states before them [(T - 1) N, H] -> dU [G H, H].
    func weightGradient(
        _ gradient: UnsafeRawPointer, _ states: UnsafeRawPointer, _ dWeight: UnsafeMutableRawPointer
    ) {
        gradientProduct.execute { lockstep_dnn_matmul_execute($0, gradient, states, nil, dWeight) }
    }
}
