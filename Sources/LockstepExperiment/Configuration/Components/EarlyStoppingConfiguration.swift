import LockstepConfiguration
import LockstepMetrics

/// When a run ends because it no longer gets better.
public struct EarlyStoppingConfiguration: Configurable, Codable, Equatable {
    /// The metric that is watched, with the set's name before it: `validation_loss`, `validation_accuracy`, ...
    public var metric: String
    /// The run ends after this many evaluations in a row without a better value.
    public var patience: Int
    /// A value must be better than the best by more than this to count as better.
    public var minDelta: Double
    /// Which values are better.
    public var mode: MetricMode
    /// Whether the final model of the run has the parameters of the best evaluation.
    public var restoreBest: Bool

    /// Makes a configuration; `mode` nil takes the usual one for the metric.
    public init(
        metric: String = "validation_loss", patience: Int = 3, minDelta: Double = 0, mode: MetricMode? = nil,
        restoreBest: Bool = false
    ) {
        self.metric = metric
        self.patience = patience
        self.minDelta = minDelta
        self.mode = mode ?? .default(of: metric)
        self.restoreBest = restoreBest
    }

    public init() { self.init(mode: nil) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text("metric", \.metric, "what is watched, such as validation_accuracy"),
            .integer(
                "patience", \.patience, .rounds,
                "evaluations in a row without a better value that end the run"),
            .number("min_delta", \.minDelta, .weight, "a value is better when it is so by more than this"),
            .word(
                "mode", \.mode,
                "whether small or large values are better; by default what is usual for the metric",
                default: .following { .default(of: $0.metric) }),
            .flag(
                "restore_best", \.restoreBest,
                "the final model has the parameters of the best evaluation, whose checkpoint is kept: the test set is evaluated with them, and evaluate, predict and generate take them; checkpoints/latest stays the state after the last step, with which --resume continues"
            ))
    }
}
