import LockstepAutograd
import LockstepOptimizers

/// A phase of training: the parameters that it trains, and their optimizer. Phases take turns.
///
/// A step of a phase computes, reduces and updates only the phase's parameters; all others are constants.
/// Parameters that no phase trains are frozen: they are neither reduced nor updated, and have no moments.
public struct UpdatePhase: Sendable {
    /// The name, which distinguishes the moments of several phases in a checkpoint.
    public var name: String
    /// Whether the phase trains a parameter. The first such phase trains it.
    public var trains: @Sendable (Parameter) -> Bool
    /// The optimizer.
    public var optimizer: any Optimizer
    /// How gradients are clipped.
    public var clipping: GradientClipping
    /// The factor of L1 regularization.
    public var l1: Double
    /// The factor of L2 regularization.
    public var l2: Double
    /// The factor on the learning rate of a parameter.
    public var learningRateFactor: @Sendable (Parameter) -> Double
    /// A parameter's factor on weight decay, L1 and L2: 0 exempts it.
    public var weightDecayFactor: @Sendable (Parameter) -> Double

    /// A phase; by default it trains all parameters, without clipping or regularization.
    public init(
        name: String = "all", optimizer: any Optimizer, clipping: GradientClipping = .none, l1: Double = 0,
        l2: Double = 0, trains: @escaping @Sendable (Parameter) -> Bool = { _ in true },
        learningRateFactor: @escaping @Sendable (Parameter) -> Double = { _ in 1 },
        weightDecayFactor: @escaping @Sendable (Parameter) -> Double = { _ in 1 }
    ) {
        self.name = name
        self.trains = trains
        self.optimizer = optimizer
        self.clipping = clipping
        self.l1 = l1
        self.l2 = l2
        self.learningRateFactor = learningRateFactor
        self.weightDecayFactor = weightDecayFactor
    }
}

/// A moving average of parameters: a = decay a + (1 - decay) p after every update.
public struct ParameterAveraging: Sendable {
    /// The weight of the old average in an update, in [0, 1).
    public var decay: Double
    /// Which parameters have an average.
    public var averages: @Sendable (Parameter) -> Bool

    /// An average; by default of all parameters.
    public init(decay: Double, averages: @escaping @Sendable (Parameter) -> Bool = { _ in true }) {
        self.decay = decay
        self.averages = averages
    }
}
