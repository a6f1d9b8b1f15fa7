import CKernels
internal import COneDNN
import LockstepContracts
import LockstepTensors

/// The forward pass of max pooling, with rows divided among the threads. oneDNN's own forward loses NaN; its
/// backward reads the positions that this one stores.
struct MaxPoolPass {
    private var parameters: lockstep_max_pool
    private let rows: Int

    /// For images x [N, H, W, C] under a window that gives y [N, YH, YW, C].
    /// - Parameter placeByteCount: the size of oneDNN's workspace for all maxima.
    init(
        x: Shape, output: Shape, window: Window2D, activation: FusedActivation, dtype: DType,
        placeByteCount: Int
    ) {
        let bytes = placeByteCount / output.elementCount
        contract(
            (bytes == 1 || bytes == 4) && bytes * output.elementCount == placeByteCount,
            "pooling: oneDNN keeps \(placeByteCount) bytes for \(output.elementCount) maxima")
        rows = output[0] * output[1]
        parameters = lockstep_max_pool(
            samples: x[0], channels: x[3], height: x[1], width: x[2], output_height: output[1],
            output_width: output[2],
            kernel_height: window.kernel.height, kernel_width: window.kernel.width,
            stride_h: window.stride.height, stride_w: window.stride.width, padding_h: window.padding.height,
            padding_w: window.padding.width, is_rounded: dtype == .bfloat16 ? 1 : 0,
            place_bytes: Int32(bytes), has_relu: activation == .relu ? 1 : 0)
    }

    /// x -> y, and for each maximum its position in the window.
    func run(_ x: Tensor, _ y: Tensor, places: Tensor) {
        let parts = min(ComputeThreads.count, rows)
        var work = Work(
            parameters: parameters, rows: rows, parts: parts, x: x.address, y: y.address,
            places: places.address)
        withUnsafeMutablePointer(to: &work) { work in
            lockstep_dnn_parallel(
                Int32(parts), { $0?.assumingMemoryBound(to: Work.self).pointee.run(Int($1)) }, work)
        }
    }

    private struct Work {
        var parameters: lockstep_max_pool
        var rows: Int
        var parts: Int
        var x: UnsafeRawPointer
        var y: UnsafeMutableRawPointer
        var places: UnsafeMutableRawPointer

        func run(_ part: Int) {
            withUnsafePointer(to: parameters) {
                lockstep_max_pool_rows(y, places, x, $0, part * rows / parts, (part + 1) * rows / parts)
            }
        }
    }
}
