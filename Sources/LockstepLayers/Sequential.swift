import LockstepAutograd
import LockstepOperations

/// Layers in sequence.
///
/// Names come from the scopes of the layers; numbered scopes give those of PyTorch's `nn.Sequential`:
///
/// ```swift
/// let network = Sequential([
///     Linear(scope[0], inputs: 784, outputs: 128), Activation.relu,
///     Linear(scope[2], inputs: 128, outputs: 10),
/// ])
/// ```
public struct Sequential: Model {
    /// The layers, from the input on.
    public let layers: [any Model]

    /// Composes layers.
    public init(_ layers: [any Model]) { self.layers = layers }

    /// Applies the layers in order.
    public func callAsFunction(_ x: Variable) -> Variable {
        var x = x
        for layer in layers { x = layer(x) }
        return x
    }
}

// Layers of one input and one output are models themselves.
extension Linear: Model {}
extension Convolution2D: Model {}
extension BatchNormalization: Model {}
extension LayerNormalization: Model {}
extension Dropout: Model {}
