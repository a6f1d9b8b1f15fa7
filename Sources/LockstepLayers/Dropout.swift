import LockstepAutograd
import LockstepContracts
import LockstepOperations

/// Dropout. Each layer has a number, so that no two layers draw the same mask. Any shape.
public struct Dropout {
    /// The probability of dropping an element in training.
    public let probability: Float
    private let layer: UInt64

    /// Takes a layer number from the scope.
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
