import LockstepAutograd
import LockstepOperations

/// A pooling layer for images.
///
/// Shapes: [N, H, W, C] to [N, H', W', C] with H' = (H + 2 padding - kernel) / stride + 1; `globalAverage` to
/// [N, 1, 1, C].
public enum Pooling2D: Model, Sendable, Hashable {
    /// The maximum of each window; the stride defaults to the kernel size.
    case maximum(kernel: Extent2D, stride: Extent2D? = nil, padding: Extent2D = 0)
    /// The mean of each window, including padding, as in PyTorch.
    case average(kernel: Extent2D, stride: Extent2D? = nil, padding: Extent2D = 0)
    /// The mean of each channel of an image.
    case globalAverage

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        switch self {
        case .maximum(let kernel, let stride, let padding):
            maxPool2d(x, kernel: kernel, stride: stride, padding: padding)
        case .average(let kernel, let stride, let padding):
            averagePool2d(x, kernel: kernel, stride: stride, padding: padding)
        case .globalAverage: globalAveragePool2d(x)
        }
    }
}
