import Foundation
import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepMetrics
import LockstepOperations
import LockstepTensors

/// Regression of one or more numbers, with mean squared error or Huber loss.
public final class Regression: LearningTask {
    /// The task in a run file; it has no keys.
    public struct Configuration: TaskComponent {
        public static var name: String { "regression" }
        public static var metrics: [String] {
            ["loss", "mean_absolute_error", "root_mean_squared_error", "r2"]
        }

        public static var keys: KeyTable<Self> { KeyTable() }

        /// Makes a configuration.
        public init() {}

        public func make(_ context: TaskContext) throws -> any LearningTask { try Regression(context) }
    }

    public var lossDescription: String { loss.text }
    public var lossUnit: String? {
        units.contains { $0.mean != 0 || $0.deviation != 1 } ? "standardized targets" : nil
    }

    let network: SupervisedNetwork
    private let loss: SupervisedLoss
    let units: [BatchField.Units]
    private var outputs: Int { network.outputs }

    init(_ context: TaskContext) throws {
        network = try SupervisedNetwork(context) { target in
            guard target.type == .float32 else {
                throw TrainingError.model(
                    "task: regression needs numbers, but the targets are classes. Use classification.")
            }
            return target.shape.elementCount
        }
        let field = network.targetField
        units = field.units.isEmpty ? .init(repeating: .init(), count: network.outputs) : field.units
        loss = try network.require((context.loss ?? MeanSquaredErrorConfiguration()).make(field))
    }

    public func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        loss(
            try network(batch), targets: network.targets(batch), sampleWeights: network.weights(batch))
    }

    public func makeSums(_ request: MetricRequest) -> LossAnd<RegressionSums> {
        LossAnd(RegressionSums(outputs: outputs))
    }

    public func evaluate(_ batch: Batch, into sums: inout LossAnd<RegressionSums>) throws {
        let outputs = try network(batch)
        let targets = network.targets(batch)
        let weights = network.weights(batch)
        sums.loss.add(loss(outputs, targets: targets, sampleWeights: weights))
        let factors = units.map { Float($0.deviation) }
        func inUnits(_ tensor: Tensor) -> [Float] {
            tensor.floatArray.enumerated().map { $1 * factors[$0 % factors.count] }
        }
        sums.metrics.add(
            predictions: inUnits(outputs.value), targets: inUnits(targets), weights: weights?.floats,
            rows: batch.count)
    }

    /// The target and the prediction of each number, in the units of the data.
    public func predict(_ batch: Batch) throws -> [PredictedField] {
        let predictions = try network(batch).value
        let targets = network.targets(batch)
        return (0..<outputs).flatMap { output in
            let suffix = outputs == 1 ? "" : " \(output)"
            func column(_ name: String, _ tensor: Tensor) -> PredictedField {
                self.column(
                    name + suffix, output,
                    (0..<batch.count).map { Double(tensor.floats[$0 * outputs + output]) })
            }
            return (batch.hasTargets ? [column("target", targets)] : []) + [column("prediction", predictions)]
        }
    }

    /// A standardized number has seven significant digits, in addition to the leading digits that all numbers
    /// share.
    private func column(_ name: String, _ output: Int, _ values: [Double]) -> PredictedField {
        let (mean, deviation) = (units[output].mean, units[output].deviation)
        let isPlain = mean == 0 && deviation == 1
        let common = abs(mean) > 256 * deviation ? Int32(log10(abs(mean) / deviation).rounded(.up)) : 0
        let digits = min(17, 7 + common)
        return PredictedField(name, numbers: values.map { $0 * deviation + mean }) { value in
            isPlain && abs(value) >= 1e7 ? 9 : digits
        }
    }
}
