import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A decoder-only Transformer, see `GPTConfiguration`.
///
/// Parameters: `token_embedding.weight`, `position_embedding.weight`, `blocks.<i>.norm1.*`, `.attention.*`,
/// `.norm2.*`, `.linear1.*`, `.linear2.*`, `norm.*`, and `head.weight` unless it is tied. Shapes: [N, L]
/// int32 to [N, L, vocabulary]; L is at most the context.
public struct GPT: Model {
    private let tokens: Embedding
    private let positions: Parameter
    private let dropout: Dropout?
    private let blocks: [any Model]
    private let norm: LayerNormalization
    private let head: Parameter

    /// Registers the parameters. Weights start from N(0, 0.02^2), those at the end of a branch divided by
    /// sqrt(2 layers), as in GPT-2.
    public init(_ scope: ParameterScope, _ configuration: GPTConfiguration, vocabulary: Int, context: Int) {
        let width = configuration.width
        let small = Initializers.normal(0.02)
        tokens = Embedding(
            scope["token_embedding"], entries: vocabulary, width: width, initializer: small)
        positions = scope["position_embedding"].parameter(
            "weight", shape: Shape(context, width), role: .embedding, initializer: small)
        dropout =
            configuration.dropout > 0 ? Dropout(scope, probability: Float(configuration.dropout)) : nil
        blocks = (0..<configuration.layers).map {
            Block(scope["blocks"][$0], configuration).checkpointed(configuration.checkpointActivations)
        }
        norm = LayerNormalization(scope["norm"], channels: width)
        head =
            configuration.tied
            ? tokens.weight
            : scope["head"].parameter(
                "weight", shape: Shape(vocabulary, width), role: .weight, initializer: small)
    }

    public func callAsFunction(_ ids: Variable) -> Variable {
        var x = addPositions(tokens(ids.value, on: ids.tape), table: positions)
        if let dropout { x = dropout(x) }
        for block in blocks { x = block(x) }
        return linear(norm(x), weight: head)
    }

    /// One block: x + attention(norm1(x)), then x + network(norm2(x)).
    private struct Block: Model {
        let norm1: LayerNormalization
        let attention: MultiHeadAttention
        let norm2: LayerNormalization
        let linear1: Linear
        let linear2: Linear
        let approximation: GELUApproximation
        let dropout: (Dropout, Dropout)?

        init(_ scope: ParameterScope, _ configuration: GPTConfiguration) {
            let width = configuration.width
            let small = Initializers.normal(0.02)
            let last = Initializers.normal(0.02 / Float(2 * configuration.layers).squareRoot())
            norm1 = LayerNormalization(scope["norm1"], channels: width)
            attention = MultiHeadAttention(
                scope["attention"], width: width, heads: configuration.heads, isCausal: true,
                initializer: small, outputInitializer: last)
            norm2 = LayerNormalization(scope["norm2"], channels: width)
            linear1 = Linear(scope["linear1"], inputs: width, outputs: 4 * width, initializer: small)
            linear2 = Linear(scope["linear2"], inputs: 4 * width, outputs: width, initializer: last)
            approximation = configuration.activation == .gelu ? .none : .tanh
            let probability = Float(configuration.dropout)
            dropout =
                probability > 0
                ? (Dropout(scope, probability: probability), Dropout(scope, probability: probability)) : nil
        }

        func callAsFunction(_ input: Variable) -> Variable {
            var branch = attention(norm1(input))
            if let dropout { branch = dropout.0(branch) }
            let x = input + branch
            branch = linear2(gelu(linear1(norm2(x)), approximation: approximation))
            if let dropout { branch = dropout.1(branch) }
            return x + branch
        }
    }
}
