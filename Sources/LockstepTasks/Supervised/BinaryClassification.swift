import Foundation
import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// Classification into two classes by one logit, with sigmoid cross-entropy.
public final class BinaryClassification: LearningTask {
    /// The task in a run file; it has no keys.
    public struct Configuration: TaskComponent {
        public static var name: String { "binary" }
        public static var metrics: [String] { Classification.Configuration.metrics }

        public static var keys: KeyTable<Self> { KeyTable() }

        /// Makes a configuration.
        public init() {}

        public func make(_ context: TaskContext) throws -> any LearningTask {
            try BinaryClassification(context)
        }
    }

    public var lossDescription: String { loss.text }

    let network: SupervisedNetwork
    private let loss: SupervisedLoss
    let names: ClassNames

    init(_ context: TaskContext) throws {
        network = try SupervisedNetwork(context) { target in
            guard target.type == .int32, target.classes == 2 else {
                let found = target.classes.map { "\($0) classes" } ?? "numbers"
                throw TrainingError.model(
                    "task: binary needs targets of 2 classes, but the targets are \(found).")
            }
            return 1
        }
        names = ClassNames(network.targetField)
        loss = try network.require(
            (context.loss ?? BinaryCrossEntropyConfiguration()).make(network.targetField))
    }

    public func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        loss(
            try network(batch), targets: network.targets(batch), sampleWeights: network.weights(batch))
    }

    public func makeSums(_ request: MetricRequest) -> LossAnd<ClassificationSums> {
        var sums = ClassificationSums(classes: 2, isWeighted: network.hasWeights)
        sums.keepScores(columns: 1, request)
        return LossAnd(sums)
    }

    public func evaluate(_ batch: Batch, into sums: inout LossAnd<ClassificationSums>) throws {
        let outputs = try network(batch)
        let labels = network.targets(batch)
        let weights = network.weights(batch)
        sums.loss.add(loss(outputs, targets: labels, sampleWeights: weights))
        let numbers = (0..<batch.count).map { Float(labels.int32s[$0]) }
        sums.metrics.add(
            logits: outputs.value.floats, binaryLabels: numbers, weights: weights?.floats, rows: batch.count)
        sums.metrics.scores?.append(
            logits: outputs.value.floats, labels: labels.int32s, weights: weights?.floats, rows: batch.count)
    }

    public func report(_ sums: LossAnd<ClassificationSums>) -> MetricReport {
        names.report(sums.metrics, scores: 1)
    }

    /// The target, the predicted class, and the probability of each class.
    public func predict(_ batch: Batch) throws -> [PredictedField] {
        let logits = try network(batch).value
        let rows = 0..<batch.count
        return names.columns(
            labels: batch.hasTargets ? rows.map { Int(network.targets(batch).int32s[$0]) } : nil,
            predicted: rows.map { logits.floats[$0] > 0 ? 1 : 0 },
            probabilities: rows.map {
                let logit = Double(logits.floats[$0])
                return [1 / (1 + exp(logit)), 1 / (1 + exp(-logit))]
            })
    }
}
