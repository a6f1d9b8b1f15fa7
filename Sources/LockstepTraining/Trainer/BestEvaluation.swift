import LockstepCheckpoints

/// The metric by which evaluations are compared.
public struct WatchedMetric: Codable, Sendable, Equatable {
    /// The metric with the set's name before it, such as `validation_loss`.
    public var metric: String
    /// Whether small or large values are better.
    public var mode: EarlyStoppingConfiguration.Mode
    /// What its values depend on besides the parameters and the data: the loss, and the stride of a text's windows.
    /// Values with another basis cannot be compared.
    public var basis: String

    init(metric: String, mode: EarlyStoppingConfiguration.Mode, basis: String) {
        self.metric = metric
        self.mode = mode
        self.basis = basis
    }

    /// The metric of a run: that of early stopping, else the validation loss.
    init(_ configuration: TrainingConfiguration, loss: LossFunction) {
        let stopping = configuration.earlyStopping ?? EarlyStoppingConfiguration()
        self.init(
            metric: stopping.metric, mode: stopping.mode,
            basis: WatchedMetric.basis(of: stopping.metric, configuration, loss: loss))
    }

    static func basis(of metric: String, _ configuration: TrainingConfiguration, loss: LossFunction)
        -> String
    {
        var parts: [String] = []
        if metric == "validation_loss" { parts.append(loss.text) }
        if let windows = configuration.data.windows {
            parts.append("stride \(configuration.evaluate.stride ?? windows.context)")
        }
        return parts.joined(separator: ", ")
    }

    /// Whether a value is better than another by more than `delta`. A value that is not finite is never better.
    func isBetter(_ value: Double, than other: Double?, by delta: Double = 0) -> Bool {
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

    /// The section in a checkpoint's state.
    static let section = "best"

    /// Checks values from a checkpoint, which another user may have written.
    /// - Throws: `CheckpointError.state`.
    func requirePossible() throws(CheckpointError) {
        guard (0...1 << 60).contains(step) else {
            throw .state(section: BestEvaluation.section, reason: "the step \(step) cannot be")
        }
    }

    /// The metric, its value and its step, such as `validation loss 0.2707 after step 1,055`.
    var text: String {
        let name = watched.metric.split(separator: "_").joined(separator: " ")
        return "\(name) \(decimals(value, 4)) after step \(grouped(step))"
    }
}
