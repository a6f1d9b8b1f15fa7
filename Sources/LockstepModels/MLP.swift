import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A multilayer perceptron, see `MLPConfiguration`.
///
/// Parameters: `hidden.<i>.weight`, `.bias`; `normalization.<i>.*` with batch normalization; `output.weight`,
/// `.bias`. Shapes: [N, features], images [N, H, W, C], or any other [N, ...], whose elements are the
/// features in memory order; to [N, outputs].
public struct MLP: Model {
    private let hidden: [Linear]
    private let normalization: [BatchNormalization]
    private let dropout: [Dropout]
    private let activation: ActivationKind
    private let output: Linear

    /// Registers the parameters.
    public init(_ scope: ParameterScope, _ configuration: MLPConfiguration, inputs: Int, outputs: Int) {
        activation = configuration.activation
        let initializer = configuration.initializer.initializer
        let normalizes = configuration.batchNormalization
        var hidden: [Linear] = []
        var normalization: [BatchNormalization] = []
        var dropout: [Dropout] = []
        var width = inputs
        for (index, units) in configuration.hidden.enumerated() {
            hidden.append(
                Linear(
                    scope["hidden"][index], inputs: width, outputs: units,
                    activation: normalizes ? .none : configuration.activation.fused, initializer: initializer)
            )
            if normalizes {
                normalization.append(
                    BatchNormalization(
                        scope["normalization"][index], channels: units,
                        activation: configuration.activation.fused))
            }
            if configuration.dropout > 0 {
                dropout.append(Dropout(scope, probability: Float(configuration.dropout)))
            }
            width = units
        }
        self.hidden = hidden
        self.normalization = normalization
        self.dropout = dropout
        output = Linear(scope["output"], inputs: width, outputs: outputs, initializer: initializer)
    }

    public func callAsFunction(_ input: Variable) -> Variable {
        // Images are not flattened: the first layer reads them in PyTorch's order (C, H, W).
        var x = input.shape.rank == 2 || input.shape.rank == 4 ? input : flatten(input)
        for index in hidden.indices {
            x = hidden[index](x)
            if !normalization.isEmpty { x = normalization[index](x) }
            x = activation.applyUnlessFused(x)
            if !dropout.isEmpty { x = dropout[index](x) }
        }
        return output(x)
    }
}
