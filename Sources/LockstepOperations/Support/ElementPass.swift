import CKernels
internal import COneDNN
import LockstepTensors

/// y = x <= 0 ? 0 : x, element by element: NaN stays NaN. y may be x.
func rectify(_ x: Tensor, to y: Tensor) { ElementPass.run(x, y) { lockstep_relu($0, $1, $2, $3) } }

/// Sets y to NaN where x is NaN; see `lockstep_keep_nan`.
func keepNaN(of x: Tensor, in y: Tensor) { ElementPass.run(x, y) { lockstep_keep_nan($0, $1, $2, $3) } }

/// A C function over the elements of two tensors of the same type, float32 or bfloat16, divided among the
/// threads.
private struct ElementPass {
    typealias Kernel =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?, Int, Int32) -> Void

    private let x: UnsafeRawPointer
    private let y: UnsafeMutableRawPointer
    private let count: Int
    private let parts: Int
    private let elementBytes: Int
    private let isRounded: Int32
    private let kernel: Kernel

    /// Below this size a second thread costs more than it saves.
    private static let smallestPart = 1 << 15

    static func run(_ x: Tensor, _ y: Tensor, _ kernel: Kernel) {
        let count = y.elementCount
        let parts = max(1, min(ComputeThreads.count, count / smallestPart))
        let isRounded: Int32 = y.dtype == .bfloat16 ? 1 : 0
        guard parts > 1 else { return kernel(y.address, x.address, count, isRounded) }
        var pass = ElementPass(
            x: x.address, y: y.address, count: count, parts: parts, elementBytes: y.dtype.byteCount,
            isRounded: isRounded, kernel: kernel)
        withUnsafeMutablePointer(to: &pass) { pass in
            lockstep_dnn_parallel(
                Int32(parts), { $0?.assumingMemoryBound(to: ElementPass.self).pointee.run(Int($1)) }, pass)
        }
    }

    private func run(_ part: Int) {
        let (first, end) = (part * count / parts, (part + 1) * count / parts)
        kernel(y + first * elementBytes, x + first * elementBytes, end - first, isRounded)
    }
}
