import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepOperations
import LockstepTensors

/// Sigmoid cross-entropy of logits against 0 or 1, per element.
public struct BinaryCrossEntropyConfiguration: LossComponent, Equatable {
    public static var name: String { "binary_cross_entropy" }
    public static var task: String { "binary" }
    public static var isForClasses: Bool { true }

    public static var keys: KeyTable<Self> { KeyTable() }

    /// Makes a configuration.
    public init() {}

    /// Labels (int32) are converted to numbers.
    public func make(_ target: BatchField) throws(TrainingError) -> SupervisedLoss {
        let isOfLabels = target.type == .int32
        return SupervisedLoss(
            "binary cross-entropy",
            weighted: { outputs, targets, weights in
                guard isOfLabels else {
                    return binaryCrossEntropy(outputs, targets: targets, sampleWeights: weights)
                }
                let numbers = outputs.tape.pool.tensor(outputs.shape)
                for i in 0..<targets.elementCount { numbers.floats[i] = Float(targets.int32s[i]) }
                return binaryCrossEntropy(outputs, targets: numbers, sampleWeights: weights)
            })
    }
}
