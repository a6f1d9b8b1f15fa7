import LockstepDatasets

/// What a model learns from a data set with a loss: how many outputs it has, and how targets are read.
public enum LearningTask: Sendable, Hashable, Codable {
    /// One of K classes, K logits.
    case classification(classes: Int)
    /// One of two classes, one logit.
    case binary
    /// Numbers.
    case regression(outputs: Int)
    /// The next token at each place of a text: K logits for each of the K tokens there are.
    case language(vocabulary: Int)

    /// The number of the model's outputs.
    public var outputs: Int {
        switch self {
        case .classification(let classes): classes
        case .binary: 1
        case .regression(let outputs): outputs
        case .language(let vocabulary): vocabulary
        }
    }

    /// The task of a data set with a loss.
    /// - Parameters:
    ///   - classes: the number of classes; nil where targets are numbers.
    ///   - outputs: the number of target columns where they are numbers.
    ///   - vocabulary: the number of tokens of a text; nil for everything else.
    public init(
        loss: LossConfiguration, classes: Int?, outputs: Int, vocabulary: Int? = nil
    ) throws(TrainingError) {
        if let vocabulary {
            self = try Self.language(loss: loss, vocabulary: vocabulary)
            return
        }
        switch (loss, classes) {
        case (.automatic, .some(let classes)), (.crossEntropy, .some(let classes)):
            self = .classification(classes: classes)
        case (.binaryCrossEntropy, .some(2)): self = .binary
        case (.automatic, nil), (.meanSquaredError, nil), (.huber, nil): self = .regression(outputs: outputs)
        case (.binaryCrossEntropy, .some(let classes)):
            throw .model(
                "loss: binary_cross_entropy needs a data set of 2 classes; this one has \(classes). Use cross_entropy."
            )
        case (.crossEntropy, nil), (.binaryCrossEntropy, nil):
            throw .model(
                "loss: \(loss.name) needs classes, but the targets are numbers. Use mean_squared_error.")
        case (.meanSquaredError, .some), (.huber, .some):
            throw .model("loss: \(loss.name) needs numbers, but the targets are classes. Use cross_entropy.")
        }
        if case .crossEntropy(let options) = loss, case .weights(let weights) = options.classWeights,
            weights.count != self.outputs
        {
            throw .model(
                "loss.cross_entropy.class_weights has \(weights.count) weights for \(self.outputs) classes.")
        }
    }

    private static func language(
        loss: LossConfiguration, vocabulary: Int
    ) throws(TrainingError) -> LearningTask {
        switch loss {
        case .automatic: break
        case .crossEntropy(let options):
            guard options.classWeights == .none else {
                throw .model(
                    "loss.cross_entropy.class_weights is for classes, and the data are a text. Remove it.")
            }
        case .binaryCrossEntropy, .meanSquaredError, .huber:
            throw .model("loss: \(loss.name) does not fit a text. Use cross_entropy.")
        }
        return .language(vocabulary: vocabulary)
    }
}
