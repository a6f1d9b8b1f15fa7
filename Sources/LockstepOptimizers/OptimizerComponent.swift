import LockstepConfiguration

/// An optimizer that a run file can name, with its constants; the defaults of the built-in ones are PyTorch's.
public protocol OptimizerComponent: Component {
    /// The learning rate that schedules start from.
    var learningRate: Double { get }

    /// The optimizer.
    func make() -> any Optimizer
}
