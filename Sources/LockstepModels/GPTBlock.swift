import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// One block of `GPT`: x + attention(norm1(x)), then x + network(norm2(x)).
///
/// Shapes: [N, L, width] to the same.
struct GPTBlock: Model {
    private let norm1: any Model
    let attention: MultiHeadAttention
    private let norm2: any Model
    private let network: any Model
    private let dropout: (Dropout, Dropout)?

    /// Registers the parameters.
    init(_ scope: ParameterScope, _ configuration: GPTConfiguration) {
        let width = configuration.width
        let small = Initializers.normal(0.02)
        let last = Initializers.normal(0.02 / Float(2 * configuration.layers).squareRoot())
        norm1 = configuration.norm.layer(scope["norm1"], channels: width)
        attention = MultiHeadAttention(
            scope["attention"], width: width, heads: configuration.heads,
            keyHeads: configuration.kvHeads, isCausal: true,
            isRotary: configuration.positions == .rotary, bias: configuration.bias,
            initializer: small, outputInitializer: last)
        norm2 = configuration.norm.layer(scope["norm2"], channels: width)
        let hidden = configuration.hidden ?? configuration.defaultHidden
        switch configuration.activation {
        case .swiglu:
            network = SwiGLU(
                scope["feed_forward"], width: width, hidden: hidden, bias: configuration.bias,
                initializer: small, outputInitializer: last)
        case .gelu, .geluTanh:
            network = FeedForward(
                linear1: Linear(
                    scope["linear1"], inputs: width, outputs: hidden, bias: configuration.bias,
                    initializer: small),
                linear2: Linear(
                    scope["linear2"], inputs: hidden, outputs: width, bias: configuration.bias,
                    initializer: last),
                approximation: configuration.activation == .gelu ? .none : .tanh)
        }
        let probability = Float(configuration.dropout)
        dropout =
            probability > 0
            ? (Dropout(scope, probability: probability), Dropout(scope, probability: probability)) : nil
    }

    func callAsFunction(_ input: Variable) -> Variable { apply(input) { attention($0) } }

    /// The block for further steps of one sequence, [1, T, width].
    func callAsFunction(_ input: Variable, cache: AttentionCache) -> Variable {
        apply(input) { attention($0, cache: cache) }
    }

    private func apply(_ input: Variable, _ attention: (Variable) -> Variable) -> Variable {
        var branch = attention(norm1(input))
        if let dropout { branch = dropout.0(branch) }
        let x = input + branch
        branch = network(norm2(x))
        if let dropout { branch = dropout.1(branch) }
        return x + branch
    }

    /// linear2(gelu(linear1(x))).
    private struct FeedForward: Model {
        let linear1: Linear
        let linear2: Linear
        let approximation: GELUApproximation

        func callAsFunction(_ x: Variable) -> Variable {
            linear2(gelu(linear1(x), approximation: approximation))
        }
    }
}

extension GPTConfiguration.Norm {
    /// The layer, with its parameters registered.
    func layer(_ scope: ParameterScope, channels: Int) -> any Model {
        switch self {
        case .layer: LayerNormalization(scope, channels: channels)
        case .rms: RMSNormalization(scope, channels: channels)
        }
    }
}
