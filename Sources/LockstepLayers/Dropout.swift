import LockstepAutograd
import LockstepContracts
import LockstepOperations

/// Dropout with a number of its own, so that two layers never draw the same mask. Any shape.
public struct Dropout {
    /// The share of numbers that are dropped in training.
    public let probability: Float
    private let layer: UInt64

    /// A layer of the model whose scope is given.
    public init(_ scope: ParameterScope, probability: Float) {
        contract(
            probability >= 0 && probability < 1,
            "Dropout \(scope.path): probability \(probability) is not in [0, 1)")
        self.probability = probability
        layer = scope.randomLayerNumber()
    }

    /// Applies the layer.
    public func callAsFunction(_ x: Variable) -> Variable {
        dropout(x, probability: probability, layer: layer)
    }
}
