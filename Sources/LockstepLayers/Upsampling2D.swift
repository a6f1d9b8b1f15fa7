import LockstepAutograd
import LockstepContracts
import LockstepOperations

/// An upsampling layer, as PyTorch's `Upsample`.
///
/// Shapes: [N, H, W, C] to [N, H factor, W factor, C].
public struct Upsampling2D: Model, Sendable, Hashable {
    /// The factor by which height and width grow.
    public let factor: Extent2D
    /// The interpolation.
    public let kind: Upsampling

    /// Traps unless the factor is at least 1.
    public init(factor: Extent2D, kind: Upsampling = .nearest) {
        contract(factor.height >= 1 && factor.width >= 1, "Upsampling2D: factor \(factor)")
        self.factor = factor
        self.kind = kind
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable { upsample2d(x, by: factor, kind) }
}
