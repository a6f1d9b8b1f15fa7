import LockstepConfiguration

/// Which optimizer a run uses, and its constants; the defaults of Lockstep's own are PyTorch's.
public protocol OptimizerComponent: Component {
    /// The learning rate that schedules start from.
    var learningRate: Double { get }

    /// The optimizer.
    func make() -> any Optimizer
}
