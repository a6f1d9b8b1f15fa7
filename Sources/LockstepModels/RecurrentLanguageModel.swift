import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors

/// A recurrent language model, see `RecurrentConfiguration`.
///
/// Parameters: `embedding.weight`, `lstm.*` (or `gru.*`, `rnn.*`), `head.weight`, `head.bias`. Shapes: [N, L]
/// int32 to [N, L, outputs]; for next-token prediction `outputs` is the size of the vocabulary.
public struct RecurrentLanguageModel: Model {
    private let embedding: Embedding
    let layers: Recurrent
    private let head: Linear

    /// Registers the parameters, those of the layers below `name`.
    public init(
        _ scope: ParameterScope, name: String, cell: RecurrentCell, _ size: RecurrentSize,
        vocabulary: Int, outputs: Int
    ) {
        embedding = Embedding(scope["embedding"], entries: vocabulary, width: size.embedding)
        layers = Recurrent(
            scope[name], cell: cell, inputs: size.embedding, units: size.hidden,
            layers: size.layers, isBidirectional: size.isBidirectional,
            dropout: Float(size.dropout))
        head = Linear(
            scope["head"], inputs: size.hidden * (size.isBidirectional ? 2 : 1),
            outputs: outputs)
    }

    public func callAsFunction(_ ids: Variable) -> Variable { logits(ids, continuing: nil) }

    /// - Parameter states: those of the layers before the first step, replaced by those after the last one; nil for zeros.
    func logits(_ ids: Variable, continuing states: [RecurrentState]?) -> Variable {
        // Recurrent layers need time first: transpose the ids, which are smallest, and later the states.
        let outputs = layers(
            swapLeading(ids).value, table: embedding.weight, on: ids.tape, continuing: states)
        return head(swapLeading(outputs))
    }
}
