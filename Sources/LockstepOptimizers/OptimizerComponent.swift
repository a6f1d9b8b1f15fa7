import LockstepConfiguration

/// An optimizer that a run file can name, with its constants; the defaults of the built-in ones are PyTorch's.
public protocol OptimizerComponent: Component {
    /// The learning rate that schedules start from.
    var learningRate: Double { get }

    /// Learning rates with which networks are trained; others cause a warning. Nil, the default, for an optimizer without such a range.
    static var usualLearningRates: ClosedRange<Double>? { get }

    /// The optimizer.
    func make() -> any Optimizer
}

extension OptimizerComponent {
    public static var usualLearningRates: ClosedRange<Double>? { nil }
}
