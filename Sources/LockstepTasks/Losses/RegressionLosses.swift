import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepOperations
import LockstepTensors

/// The mean of (prediction - target)^2.
public struct MeanSquaredErrorConfiguration: LossComponent, Equatable {
    public static var name: String { "mean_squared_error" }
    public static var task: String { "regression" }
    public static var isForClasses: Bool { false }

    public static var keys: KeyTable<Self> { KeyTable() }

    /// Makes a configuration.
    public init() {}

    public func make(_ target: BatchField) throws(TrainingError) -> SupervisedLoss {
        SupervisedLoss(
            "mean squared error", weighted: { meanSquaredError($0, targets: $1, sampleWeights: $2) })
    }
}

/// The mean of the Huber loss: quadratic below `delta`, linear above it.
public struct HuberConfiguration: LossComponent, Equatable {
    public static var name: String { "huber" }
    public static var task: String { "regression" }
    public static var isForClasses: Bool { false }

    public static var keys: KeyTable<Self> {
        KeyTable(.number("delta", \.delta, .squaredMagnitude, "error above which the loss is linear"))
    }

    /// The error above which the loss is linear.
    public var delta: Double

    /// Makes a configuration.
    public init(delta: Double) { self.delta = delta }

    public init() { self.init(delta: 1) }

    public func make(_ target: BatchField) throws(TrainingError) -> SupervisedLoss {
        let delta = Float(delta)
        return SupervisedLoss(
            "Huber's loss, delta \(delta)",
            weighted: {
                huber($0, targets: $1, delta: delta, sampleWeights: $2)
            })
    }
}
