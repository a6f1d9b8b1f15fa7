import Foundation
import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// Classification into K classes by K logits, with softmax cross-entropy.
public final class Classification: LearningTask {
    /// The task in a run file; it has no keys.
    public struct Configuration: TaskComponent {
        public static var name: String { "classification" }
        public static var metrics: [String] {
            ["loss", "accuracy", "top_5_accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc"]
        }

        public static var keys: KeyTable<Self> { KeyTable() }

        /// Makes a configuration.
        public init() {}

        public func make(_ context: TaskContext) throws -> any LearningTask { try Classification(context) }
    }

    public let phases: [TrainingPhase]

    public var lossDescription: String { loss.text }

    let network: SupervisedNetwork
    private let loss: SupervisedLoss
    private let classes: Int
    let names: ClassNames

    init(_ context: TaskContext) throws {
        network = try SupervisedNetwork(context) { target in
            guard let classes = target.classes, target.type == .int32 else {
                throw TrainingError.model(
                    "task: classification needs classes, but the targets are numbers. Use regression.")
            }
            return classes
        }
        classes = network.outputs
        phases = [TrainingPhase(sums: ["accuracy"], isWeighted: network.hasWeights)]
        names = ClassNames(network.targetField)
        loss = try network.require(
            (context.loss ?? CrossEntropyConfiguration()).make(network.targetField))
    }

    public func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let outputs = try network(batch)
        let weights = network.weights(batch)
        let value = loss(outputs, targets: network.targets(batch), sampleWeights: weights)
        batch.record(
            0,
            sum: ClassificationSums.correct(
                scores: outputs.value.floats, labels: network.targets(batch).int32s,
                weights: weights?.floats, rows: batch.count, classes: classes))
        if let weights = weights?.floats {
            batch.record(1, sum: (0..<batch.count).reduce(0) { $0 + Double(weights[$1]) })
        }
        return value
    }

    public func makeSums(_ request: MetricRequest) -> LossAnd<ClassificationSums> {
        var sums = ClassificationSums(classes: classes, isWeighted: network.hasWeights)
        sums.keepScores(columns: classes, request)
        return LossAnd(sums)
    }

    public func evaluate(_ batch: Batch, into sums: inout LossAnd<ClassificationSums>) throws {
        let outputs = try network(batch)
        let labels = network.targets(batch)
        let weights = network.weights(batch)
        sums.loss.add(loss(outputs, targets: labels, sampleWeights: weights))
        sums.metrics.add(
            scores: outputs.value.floats, labels: labels.int32s, weights: weights?.floats, rows: batch.count)
        sums.metrics.scores?.append(
            logits: outputs.value.floats, labels: labels.int32s, weights: weights?.floats, rows: batch.count)
    }

    public func report(_ sums: LossAnd<ClassificationSums>) -> MetricReport {
        names.report(sums.metrics, scores: classes)
    }

    /// The target, the predicted class, and the probability of each class.
    public func predict(_ batch: Batch) throws -> [PredictedField] {
        let outputs = try network(batch).value
        let rows = 0..<batch.count
        let probabilities = rows.map {
            Self.softmax(UnsafeBufferPointer(start: outputs.floats + $0 * classes, count: classes))
        }
        // The predicted class is the same as in metrics: from logits, since probabilities may be equal after rounding.
        let predicted = rows.map { ClassificationSums.best(of: outputs.floats + $0 * classes, classes) }
        return names.columns(
            labels: batch.hasTargets ? rows.map { Int(network.targets(batch).int32s[$0]) } : nil,
            predicted: predicted, probabilities: probabilities)
    }

    /// exp(x - max) / sum, in double.
    private static func softmax(_ logits: UnsafeBufferPointer<Float>) -> [Double] {
        let highest = Double(logits.max() ?? 0)
        let powers = logits.map { exp(Double($0) - highest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
