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
    private let compute: (Variable, Tensor, Tensor?) -> WeightedLoss
    /// Whether it takes weights of samples.
    let takesWeights: Bool

    /// A loss without weights of samples.
    /// - Parameters:
    ///   - text: a description that is equal for equal losses.
    ///   - compute: the loss of outputs [n, K] and targets: labels [n] (int32) or numbers [n, K] (float32).
    public init(_ text: String, _ compute: @escaping (_ outputs: Variable, _ targets: Tensor) -> WeightedLoss)
    {
        self.text = text
        self.compute = { outputs, targets, _ in compute(outputs, targets) }
        takesWeights = false
    }

    /// A loss with weights of samples.
    /// - Parameters:
    ///   - text: a description that is equal for equal losses.
    ///   - compute: the loss of outputs [n, K], targets: labels [n] (int32) or numbers [n, K] (float32), and a factor of each
    ///     sample's loss and weight [n]; nil for 1.
    public init(
        _ text: String,
        weighted compute:
            @escaping (_ outputs: Variable, _ targets: Tensor, _ sampleWeights: Tensor?) ->
            WeightedLoss
    ) {
        self.text = text
        self.compute = compute
        takesWeights = true
    }

    /// The loss of outputs and targets.
    /// - Parameter sampleWeights: shape [n]; nil for 1.
    public func callAsFunction(
        _ outputs: Variable, targets: Tensor, sampleWeights: Tensor? = nil
    ) -> WeightedLoss {
        compute(outputs, targets, sampleWeights)
    }
}
