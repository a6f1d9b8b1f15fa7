import LockstepAutograd
import LockstepOperations

/// Flattens images [N, H, W, C] to rows in PyTorch's order (C, H, W), and [N, ...] to [N, product]. `Linear`
/// needs no flatten before it.
public struct Flatten: Model, Sendable {
    /// A layer without parameters.
    public init() {}

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable { flatten(x) }
}
