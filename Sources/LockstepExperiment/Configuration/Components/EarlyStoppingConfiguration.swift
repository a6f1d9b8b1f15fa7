import LockstepConfiguration
import LockstepMetrics

/// When a run ends because it no longer gets better.
public struct EarlyStoppingConfiguration: Codable, Sendable, Equatable {
    /// The metric that is watched, with the set's name before it: `validation_loss`, `validation_accuracy`, ...
    public var metric: String
    /// The run ends after this many evaluations in a row without a better value.
    public var patience: Int
    /// A value must be better than the best by more than this to count as better.
    public var minDelta: Double
    /// Which values are better.
    public var mode: MetricMode

    /// Makes a configuration; `mode` nil takes the usual one for the metric.
    public init(
        metric: String = "validation_loss", patience: Int = 3, minDelta: Double = 0, mode: MetricMode? = nil
    ) {
        self.metric = metric
        self.patience = patience
        self.minDelta = minDelta
        self.mode = mode ?? .default(of: metric)
    }

    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let usual = value ?? Self()
        let metric = try section.string(
            "metric", "what is watched, such as validation_accuracy", default: usual.metric)
        return Self(
            metric: metric,
            patience: try section.integer(
                "patience", "evaluations in a row without a better value that end the run",
                default: usual.patience, .rounds),
            minDelta: try section.double(
                "min_delta", "a value is better when it is so by more than this", default: usual.minDelta,
                .weight),
            mode: try section.word(
                "mode", "whether small or large values are better; by default what is usual for the metric",
                default: value?.mode ?? .default(of: metric)))
    }
}
