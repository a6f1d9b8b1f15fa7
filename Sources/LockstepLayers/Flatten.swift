import LockstepAutograd
import LockstepOperations

/// Images [N, H, W, C] as rows in PyTorch's order (C, H, W); [N, ...] as [N, product]. `Linear` needs no flatten before it.
public struct Flatten: Model, Sendable {
    /// A layer without parameters.
    public init() {}

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable { flatten(x) }
}
