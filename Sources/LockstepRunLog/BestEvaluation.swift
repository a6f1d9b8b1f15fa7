import LockstepCheckpoints
import LockstepMetrics
import LockstepText

/// The metric by which evaluations are compared.
public struct WatchedMetric: Codable, Sendable, Equatable {
    /// The metric with the set's name before it, such as `validation_loss`.
    public var metric: String
    /// Whether small or large values are better.
    public var mode: MetricMode
    /// What its values depend on besides the parameters and the data: the loss, and the stride of a text's windows.
    /// Values with another basis cannot be compared.
    public var basis: String

    package init(metric: String, mode: MetricMode, basis: String) {
        self.metric = metric
        self.mode = mode
        self.basis = basis
    }

    /// Whether a value is better than another by more than `delta`. A value that is not finite is never better.
    package func isBetter(_ value: Double, than other: Double?, by delta: Double = 0) -> Bool {
        guard value.isFinite else { return false }
        guard let other else { return true }
        return mode == .min ? value < other - delta : value > other + delta
    }
}

/// The best evaluation of a run so far; of equal ones the first. `early_stopping.min_delta` does not affect it.
///
/// It is stored in every checkpoint, and decides which checkpoint `keep_best` keeps.
public struct BestEvaluation: Codable, Sendable, Equatable {
    /// The metric.
    public var watched: WatchedMetric
    /// The metric's value.
    public var value: Double
    /// The step after which it was evaluated.
    public var step: Int

    /// An evaluation.
    package init(watched: WatchedMetric, value: Double, step: Int) {
        self.watched = watched
        self.value = value
        self.step = step
    }

    /// The section in a checkpoint's state.
    package static let section = "best"

    /// Checks values from a checkpoint, which another user may have written.
    /// - Throws: `CheckpointError.state`.
    package func requirePossible() throws(CheckpointError) {
        guard (0...1 << 60).contains(step) else {
            throw .state(section: BestEvaluation.section, reason: "the step \(step) cannot be")
        }
    }

    /// The metric, its value and its step, such as `validation loss 0.2707 after step 1,055`.
    package var text: String {
        let name = watched.metric.split(separator: "_").joined(separator: " ")
        return "\(name) \(decimals(value, 4)) after step \(grouped(step))"
    }
}
