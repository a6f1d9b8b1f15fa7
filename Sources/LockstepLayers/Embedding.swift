import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// A table of vectors: parameter `weight` [entries, width], initialized from N(0, 1) as in PyTorch.
///
/// Shapes: ids [...], int32, to [..., width].
public struct Embedding {
    /// The table.
    public let weight: Parameter

    /// Registers the table.
    public init(
        _ scope: ParameterScope, entries: Int, width: Int,
        initializer: @escaping ParameterInitializer = Initializers.normal(1)
    ) {
        contract(
            entries > 0 && width > 0, "Embedding \(scope.path): \(entries) entries of width \(width)")
        weight = scope.parameter(
            "weight", shape: Shape(entries, width), role: .embedding, initializer: initializer)
    }

    /// Looks up ids.
    public func callAsFunction(_ ids: Tensor, on tape: Tape) -> Variable {
        embedding(ids, table: tape.variable(weight))
    }
}
