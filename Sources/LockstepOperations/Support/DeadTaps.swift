import LockstepTensors

/// The positions of a convolution's kernel that read only padding for every output element: their gradient is
/// zero.
///
/// The backward-weights pass of oneDNN does not write some of them (in bfloat16, an image of width 1 with a
/// stride of 2 or more, versions 2.6 and 3.12), so old memory contents would be used as the gradient. They
/// are few, and most windows have none.
struct DeadTaps {
    private let rows: [Int]
    private let columns: [Int]
    private let kernel: Extent2D

    /// The dead taps of a window over images of `height` x `width`.
    init(_ window: Window2D, height: Int, width: Int, output: Extent2D) {
        kernel = window.kernel
        rows = Self.along(
            kernel.height, window.stride.height, window.padding.height, window.dilation.height, height,
            output.height)
        columns = Self.along(
            kernel.width, window.stride.width, window.padding.width, window.dilation.width, width,
            output.width)
    }

    private static func along(
        _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ extent: Int, _ output: Int
    ) -> [Int] {
        (0..<kernel).filter { tap in
            // The tap reads the positions first, first + stride, ... of the image.
            let first = tap * dilation - padding
            let skipped = first >= 0 ? 0 : (-first + stride - 1) / stride
            return skipped >= output || first + skipped * stride >= extent
        }
    }

    /// Sets the gradients of these positions to zero. dW [O, C / groups, KH, KW].
    func clear(_ dWeight: Tensor) {
        guard !rows.isEmpty || !columns.isEmpty else { return }
        let taps = kernel.height * kernel.width
        for filter in 0..<dWeight.shape[0] * dWeight.shape[1] {
            let start = dWeight.floats + filter * taps
            for row in rows { (start + row * kernel.width).update(repeating: 0, count: kernel.width) }
            for column in columns {
                for row in 0..<kernel.height { start[row * kernel.width + column] = 0 }
            }
        }
    }
}
