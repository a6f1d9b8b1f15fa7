import LockstepTensors

/// The kind and shape of a network's input.
public enum ModelInput: Sendable, Hashable {
    /// Numbers: a sample is float32 [features], [height, width, channels], or of any other shape.
    case numbers(Shape)
    /// Tokens, such as the bytes of a text: a sample is int32 [context], each token in 0 ..< vocabulary.
    ///
    /// A language model gives logits [samples, context, vocabulary] for the next token at each position, for
    /// up to `context` tokens.
    case tokens(vocabulary: Int, context: Int)

    /// The shape of one sample.
    public var sampleShape: Shape {
        switch self {
        case .numbers(let shape): shape
        case .tokens(_, let context): Shape(context)
        }
    }
}
