import LockstepAutograd
import LockstepOperations

/// A pooling layer for sequences.
///
/// Shapes: [N, L, C] to [N, L', C] with L' = (L + 2 padding - kernel) / stride + 1; `globalAverage` and
/// `globalMaximum` to [N, C].
public enum Pooling1D: Model, Sendable, Hashable {
    /// The maximum of each window; the stride defaults to the kernel size.
    case maximum(kernel: Int, stride: Int? = nil, padding: Int = 0)
    /// The mean of each window, including padding, as in PyTorch.
    case average(kernel: Int, stride: Int? = nil, padding: Int = 0)
    /// The mean over the steps.
    case globalAverage
    /// The maximum over the steps.
    case globalMaximum

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        switch self {
        case .maximum(let kernel, let stride, let padding):
            maxPool1d(x, kernel: kernel, stride: stride, padding: padding)
        case .average(let kernel, let stride, let padding):
            averagePool1d(x, kernel: kernel, stride: stride, padding: padding)
        case .globalAverage: mean(x, over: 1)
        case .globalMaximum: max(x, over: 1)
        }
    }
}
