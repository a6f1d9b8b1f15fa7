import LockstepAutograd
import LockstepDatasets
import LockstepMetrics
import LockstepOperations
import LockstepTensors

extension CrossEntropyConfiguration: LossComponent {
    public static var name: String { "cross_entropy" }
    public static var task: String { "classification" }
    public static var isForClasses: Bool { true }

    /// Whether the loss is -log p of the label, without smoothing or weights.
    var isPlain: Bool { labelSmoothing == 0 && classWeights == .none }

    public func make(_ target: BatchField) throws(TrainingError) -> SupervisedLoss {
        let classes = target.classes ?? 0
        let weights: [Float]?
        switch classWeights {
        case .none: weights = nil
        case .balanced: weights = ClassWeights.balanced(counts: target.classCounts).map(Float.init)
        case .weights(let list):
            guard list.count == classes else {
                throw .model(
                    "loss.cross_entropy.class_weights has \(list.count) weights for \(classes) classes.")
            }
            weights = list.map(Float.init)
        }
        let smoothing = Float(labelSmoothing)
        let text =
            (["cross-entropy"] + (smoothing > 0 ? ["label smoothing \(smoothing)"] : [])
            + (weights.map { ["class weights \($0)"] } ?? [])).joined(separator: ", ")
        let tensor = weights.map { Tensor($0, shape: Shape(classes)) }
        return SupervisedLoss(
            text,
            weighted: { outputs, targets, weights in
                crossEntropy(
                    outputs, labels: targets, labelSmoothing: smoothing, classWeights: tensor,
                    sampleWeights: weights)
            })
    }
}
