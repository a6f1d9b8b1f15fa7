import LockstepAutograd

/// A phase of training, with the parameters that it trains. Phases take turns.
///
/// The run file can give each phase an optimizer, schedule and clipping, under `phases` and the phase's name;
/// by default those of the run apply.
public struct TrainingPhase: Sendable {
    /// The name, such as `generator`.
    public var name: String
    /// The number of steps before the next phase's turn.
    public var steps: Int
    /// The names of up to four sums that its steps log besides the loss, each divided by the number of
    /// samples.
    public var sums: [String]
    /// Whether samples have weights: a further sum, behind the (up to three) named ones, is then that of the
    /// weights, and divides them instead of the number of samples.
    public var isWeighted: Bool
    /// Whether the phase trains a parameter.
    public var trains: @Sendable (Parameter) -> Bool

    /// Makes a phase; by default it trains all parameters.
    public init(
        _ name: String = "all", steps: Int = 1, sums: [String] = [], isWeighted: Bool = false,
        trains: @escaping @Sendable (Parameter) -> Bool = { _ in true }
    ) {
        self.name = name
        self.steps = steps
        self.sums = sums
        self.isWeighted = isWeighted
        self.trains = trains
    }

    /// A phase that trains the parameters of one scope, such as `generator`.
    public init(_ name: String, scope: String, steps: Int = 1, sums: [String] = []) {
        self.init(name, steps: steps, sums: sums) { $0.name.hasPrefix(scope + ".") }
    }
}
