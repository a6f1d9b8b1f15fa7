import Foundation
import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// Classification with any number of K labels per sample, by K logits with sigmoid cross-entropy per label.
public final class MultiLabelClassification: LearningTask {
    /// The task in a run file; it has no keys.
    public struct Configuration: TaskComponent {
        public static var name: String { "multi_label" }
        public static var metrics: [String] {
            [
                "loss", "accuracy", "exact_match", "micro_precision", "micro_recall", "micro_f1",
                "macro_precision",
                "macro_recall", "macro_f1",
            ]
        }

        public static var keys: KeyTable<Self> { KeyTable() }

        /// Makes a configuration.
        public init() {}

        public func make(_ context: TaskContext) throws -> any LearningTask {
            try MultiLabelClassification(context)
        }
    }

    public var lossDescription: String { loss.text }

    let network: SupervisedNetwork
    private let loss: SupervisedLoss
    let names: [String]
    private var labels: Int { network.outputs }

    init(_ context: TaskContext) throws {
        network = try SupervisedNetwork(context) { target in
            guard target.type == .float32, target.classes == 2 else {
                throw TrainingError.model(
                    "task: multi_label needs targets of zeros and ones, one per label, as float32, but the target is "
                        + "\(target.shape) \(target.type.rawValue).")
            }
            return target.shape.elementCount
        }
        guard !network.hasWeights else {
            throw TrainingError.model(
                "task: multi_label does not support sample weights, but the data have them. Remove them.")
        }
        let field = network.targetField
        names =
            field.classNames.count == network.outputs
            ? field.classNames : (0..<network.outputs).map { "\($0)" }
        loss = try (context.loss ?? BinaryCrossEntropyConfiguration()).make(field)
    }

    public func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        loss(try network(batch), targets: network.targets(batch))
    }

    public func makeSums(_ request: MetricRequest) -> LossAnd<MultiLabelSums> {
        LossAnd(MultiLabelSums(labels: labels))
    }

    public func evaluate(_ batch: Batch, into sums: inout LossAnd<MultiLabelSums>) throws {
        let outputs = try network(batch)
        let targets = network.targets(batch)
        sums.loss.add(loss(outputs, targets: targets))
        sums.metrics.add(logits: outputs.value.floats, targets: targets.floats, rows: batch.count)
    }

    public func report(_ sums: LossAnd<MultiLabelSums>) -> MetricReport {
        MetricReport(tables: [ClassNames.table(sums.metrics.perLabel, names)])
    }

    /// The target, the prediction (0 or 1) and the probability of each label.
    public func predict(_ batch: Batch) throws -> [PredictedField] {
        let logits = try network(batch).value.floats
        let targets = network.targets(batch).floats
        let (rows, labels) = (0..<batch.count, labels)
        return names.enumerated().flatMap { label, name in
            var fields: [PredictedField] = []
            if batch.hasTargets {
                fields.append(
                    PredictedField(
                        "target \(name)", texts: rows.map { targets[$0 * labels + label] > 0.5 ? "1" : "0" }))
            }
            return fields + [
                PredictedField(
                    "prediction \(name)", texts: rows.map { logits[$0 * labels + label] > 0 ? "1" : "0" }),
                PredictedField(
                    "probability \(name)",
                    numbers: rows.map { 1 / (1 + exp(-Double(logits[$0 * labels + label]))) }),
            ]
        }
    }
}
