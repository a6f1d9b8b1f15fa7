import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A table of vectors: parameter `weight` [entries, width], initialized from N(0, 1) as in PyTorch.
///
/// A sparse one is for tables of which a batch uses few rows: a step computes, exchanges and updates only these.
/// Optimizers then leave the moments of other rows as they are, as PyTorch's `SparseAdam` does, and weight decay acts
/// on used rows only.
///
/// Shapes: ids [...], int32, to [..., width].
public struct Embedding {
    /// The table.
    public let weight: Parameter

    /// Registers the table.
    /// - Parameter isSparse: whether steps update only the rows that their batch uses.
    public init(
        _ scope: ParameterScope, entries: Int, width: Int, isSparse: Bool = false,
        initializer: @escaping ParameterInitializer = Initializers.normal(1)
    ) {
        contract(
            entries > 0 && width > 0, "Embedding \(scope.path): \(entries) entries of width \(width)")
        weight = scope.parameter(
            "weight", shape: Shape(entries, width), role: .embedding, isSparse: isSparse,
            initializer: initializer)
    }

    /// Looks up ids.
    public func callAsFunction(_ ids: Tensor, on tape: Tape) -> Variable {
        embedding(ids, table: weight, on: tape)
    }
}
