import LockstepAutograd
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// The loss of a run: from the model's outputs and a shard's targets to a sum and its weight.
package struct LossFunction {
    private enum Kind {
        case crossEntropy(smoothing: Float, weights: Tensor?)
        case binaryCrossEntropy
        case meanSquaredError
        case huber(Float)
    }

    private let kind: Kind

    /// - Parameter classCounts: the number of training samples of each class, for balanced weights.
    package init(_ configuration: LossConfiguration, task: LearningTask, classCounts: [Int]) {
        switch (configuration, task) {
        case (.crossEntropy(let options), .classification(let classes)):
            let weights: [Float]? =
                switch options.classWeights {
                case .none: nil
                case .weights(let list): list.map(Float.init)
                case .balanced: ClassWeights.balanced(counts: classCounts).map(Float.init)
                }
            kind = .crossEntropy(
                smoothing: Float(options.labelSmoothing),
                weights: weights.map { Tensor($0, shape: Shape(classes)) })
        case (.crossEntropy(let options), .language):
            kind = .crossEntropy(smoothing: Float(options.labelSmoothing), weights: nil)
        case (_, .classification), (_, .language): kind = .crossEntropy(smoothing: 0, weights: nil)
        case (_, .binary): kind = .binaryCrossEntropy
        case (.huber(let delta), .regression): kind = .huber(Float(delta))
        case (_, .regression): kind = .meanSquaredError
        }
    }

    /// A description that is equal for equal losses.
    package var text: String {
        switch kind {
        case .crossEntropy(let smoothing, let weights):
            (["cross-entropy"] + (smoothing > 0 ? ["label smoothing \(smoothing)"] : [])
                + (weights.map { ["class weights \($0.floatArray)"] } ?? [])).joined(separator: ", ")
        case .binaryCrossEntropy: "binary cross-entropy"
        case .meanSquaredError: "mean squared error"
        case .huber(let delta): "Huber's loss, delta \(delta)"
        }
    }

    /// Whether it is -log p of the label, without smoothing or weights.
    package var isPlainCrossEntropy: Bool {
        if case .crossEntropy(smoothing: 0, weights: nil) = kind { true } else { false }
    }

    /// The loss of outputs [N, outputs] and targets: labels [N] (int32) or numbers [N, outputs] (float32); of a text
    /// outputs [N, context, vocabulary] and tokens [N, context].
    package func callAsFunction(_ outputs: Variable, targets: Tensor) -> WeightedLoss {
        switch kind {
        case .crossEntropy(let smoothing, let weights):
            return crossEntropy(outputs, labels: targets, labelSmoothing: smoothing, classWeights: weights)
        case .binaryCrossEntropy:
            let numbers = outputs.tape.pool.tensor(outputs.shape)
            for i in 0..<targets.elementCount { numbers.floats[i] = Float(targets.int32s[i]) }
            return binaryCrossEntropy(outputs, targets: numbers)
        case .meanSquaredError: return meanSquaredError(outputs, targets: targets)
        case .huber(let delta): return huber(outputs, targets: targets, delta: delta)
        }
    }
}
