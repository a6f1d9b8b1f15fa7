import LockstepConfiguration
import LockstepMetrics

/// When a run ends because it no longer improves.
public struct EarlyStoppingConfiguration: Configurable, Codable, Equatable {
    /// The watched metric, prefixed by the set: `validation_loss`, `validation_accuracy`, ...
    public var metric: String
    /// The run ends after this many evaluations in a row without a better value.
    public var patience: Int
    /// The smallest improvement that counts.
    public var minDelta: Double
    /// Which values are better.
    public var mode: MetricMode
    /// Whether the final model of the run has the parameters of the best evaluation.
    public var restoreBest: Bool

    /// Makes a configuration; `mode` nil takes the default of the metric.
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
            .text("metric", \.metric, "metric to watch, such as validation_accuracy"),
            .integer(
                "patience", \.patience, .rounds,
                "evaluations in a row without a better value that end the run"),
            .number("min_delta", \.minDelta, .weight, "smallest improvement that counts"),
            .word(
                "mode", \.mode,
                "whether small or large values are better; by default the one for the metric",
                default: .following { .default(of: $0.metric) }),
            .flag(
                "restore_best", \.restoreBest,
                "the final model has the parameters of the best evaluation, whose checkpoint is kept: the test "
                    + "set is evaluated with them, and evaluate, predict and generate take them; "
                    + "checkpoints/latest stays the state after the last step, with which --resume continues"
            ))
    }
}
