internal import COneDNN
import LockstepTensors

/// Counts floating-point operations of matrix products, and measures the peak speed.
///
/// It counts the products of linear layers, attention, convolutions and recurrent layers, in forward,
/// backward data and backward weights: two operations per multiply-add, padding included (also where
/// Winograd's algorithm needs fewer). Masked but computed products (causal attention) count; everything else
/// (activations, normalizations, the update) does not.
package enum OperationMeter {
    /// The operations of the calling thread so far; a measurement takes differences.
    package static var executed: Double { lockstep_dnn_executed_operations() }

    /// The peak speed in operations per second of square matrices of 1,024 to 2,048 rows on this thread, in
    /// oneDNN's preferred layouts: the best of several.
    /// - Parameters:
    ///   - type: float32 or bfloat16.
    ///   - isRough: whether to measure for a tenth of a second instead of one or two.
    ///   - clock: the time in nanoseconds.
    ///   - align: called before each size, so that all ranks measure at once.
    package static func peak(
        _ type: DType, isRough: Bool = false, clock: () -> UInt64, align: () throws -> Void
    ) rethrows -> Double {
        var best = 0.0
        for (extent, executions) in isRough ? [(1024, 3)] : [(1024, 8), (1536, 4), (2048, 3)] {
            let product = DNNPrimitive("product of matrices") {
                lockstep_dnn_peak_create($0, Int64(extent), type.dnn)
            }
            let byteCount = product.query { lockstep_dnn_peak_bytes($0) }
            let buffers = (0..<3).map { _ in Storage(byteCount: byteCount) }
            for buffer in buffers {
                // Bytes of 0x3f are 0.75 in both types: products stay finite and are not denormal.
                buffer.address.initializeMemory(as: UInt8.self, repeating: 0x3f, count: buffer.byteCount)
            }
            try align()
            for execution in 0..<executions + 1 {
                let start = clock()
                product.execute {
                    lockstep_dnn_peak_execute(
                        $0, buffers[0].address, buffers[1].address, buffers[2].address)
                }
                let seconds = Double(clock() - start) * 1e-9
                // The first execution is warm-up.
                if execution > 0 {
                    best = max(best, product.query { lockstep_dnn_operations($0) } / seconds)
                }
            }
        }
        return best
    }
}
