import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepOperations
import LockstepTensors

/// A loss that a run file can name, for tasks with one output and one target.
public protocol LossComponent: Component {
    /// The default task with this loss.
    static var task: String { get }
    /// Whether the targets are classes (int32) rather than numbers (float32).
    static var isForClasses: Bool { get }
    /// The loss for a target field.
    /// - Throws: `TrainingError.model` if it does not fit the field.
    func make(_ target: BatchField) throws(TrainingError) -> SupervisedLoss
}

/// A loss of outputs and targets.
public struct SupervisedLoss {
    /// A description that is equal for equal losses.
    public let text: String
    private let compute: (Variable, Tensor) -> WeightedLoss

    /// A loss.
    /// - Parameters:
    ///   - text: a description that is equal for equal losses.
    ///   - compute: the loss of outputs [n, K] and targets: labels [n] (int32) or numbers [n, K] (float32).
    public init(_ text: String, _ compute: @escaping (_ outputs: Variable, _ targets: Tensor) -> WeightedLoss)
    {
        self.text = text
        self.compute = compute
    }

    /// The loss of outputs and targets.
    public func callAsFunction(_ outputs: Variable, targets: Tensor) -> WeightedLoss {
        compute(outputs, targets)
    }
}
