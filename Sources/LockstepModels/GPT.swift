import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A decoder-only Transformer, see `GPTConfiguration`.
///
/// Parameters: `token_embedding.weight`, `position_embedding.weight` of learned positions, `blocks.<i>.norm1.*`,
/// `.attention.*`, `.norm2.*`, `.linear1.*` and `.linear2.*` or, of SwiGLU, `.feed_forward.*`, `norm.*`, and
/// `head.weight` unless it is tied. Shapes: [N, L] int32 to [N, L, vocabulary]; L is at most the context.
public struct GPT: Model {
    private let tokens: Embedding
    private let positions: Parameter?
    private let dropout: Dropout?
    let blocks: [GPTBlock]
    /// The blocks, with activation checkpointing if the configuration says so.
    private let passes: [any Model]
    private let norm: any Model
    private let head: Parameter

    /// Registers the parameters. Weights start from N(0, 0.02^2), those at the end of a branch divided by
    /// sqrt(2 layers), as in GPT-2.
    public init(_ scope: ParameterScope, _ configuration: GPTConfiguration, vocabulary: Int, context: Int) {
        let width = configuration.width
        let small = Initializers.normal(0.02)
        tokens = Embedding(
            scope["token_embedding"], entries: vocabulary, width: width, initializer: small)
        positions =
            configuration.positions == .learned
            ? scope["position_embedding"].parameter(
                "weight", shape: Shape(context, width), role: .embedding, initializer: small) : nil
        dropout =
            configuration.dropout > 0 ? Dropout(scope, probability: Float(configuration.dropout)) : nil
        blocks = (0..<configuration.layers).map { GPTBlock(scope["blocks"][$0], configuration) }
        passes = blocks.map { $0.checkpointed(configuration.checkpointActivations) }
        norm = configuration.norm.layer(scope["norm"], channels: width)
        head =
            configuration.tied
            ? tokens.weight
            : scope["head"].parameter(
                "weight", shape: Shape(vocabulary, width), role: .weight, initializer: small)
    }

    public func callAsFunction(_ ids: Variable) -> Variable {
        var x = embedded(ids, firstStep: 0)
        for block in passes { x = block(x) }
        return logits(x)
    }

    /// Token ids [N, L], the first of which has the position `firstStep`, to [N, L, width].
    func embedded(_ ids: Variable, firstStep: Int) -> Variable {
        var x = tokens(ids.value, on: ids.tape)
        if let positions { x = addPositions(x, table: positions, firstStep: firstStep) }
        if let dropout { x = dropout(x) }
        return x
    }

    /// The result of the last block [N, L, width] to [N, L, vocabulary].
    func logits(_ x: Variable) -> Variable { linear(norm(x), weight: head) }
}
