import LockstepCheckpoints
import LockstepExperiment
import LockstepRunLog

/// Counts the evaluations without an improvement of a metric; checkpoints store its state.
///
/// An improvement is a value that is better than the last improvement by more than `min_delta`; the best value is in
/// `BestEvaluation`.
struct EarlyStopping {
    /// The state in checkpoints.
    struct State: Codable, Equatable {
        /// The value of the last improvement; nil before the first.
        var best: Double?
        /// Its step.
        var bestStep = 0
        /// The number of evaluations since then.
        var evaluationsWithoutImprovement = 0
        /// The watched metric; nil in checkpoints of older versions.
        var watched: WatchedMetric?
        /// The `min_delta` in use; nil in checkpoints of older versions.
        var minDelta: Double?

        /// Checks values from a checkpoint, which another user may have written.
        /// - Throws: `CheckpointError.state`.
        func requirePossible() throws(CheckpointError) {
            guard (0...1 << 60).contains(bestStep), (0...1 << 60).contains(evaluationsWithoutImprovement)
            else {
                throw .state(
                    section: "early_stopping",
                    reason:
                        "the step \(bestStep) or the number of evaluations \(evaluationsWithoutImprovement) is invalid"
                )
            }
        }
    }

    let configuration: EarlyStoppingConfiguration
    private(set) var state: State

    /// - Parameter best: the best evaluation so far, which the next value must exceed to count as an improvement.
    init(_ configuration: EarlyStoppingConfiguration, watched: WatchedMetric, best: BestEvaluation? = nil) {
        self.configuration = configuration
        state = State(
            best: best?.value, bestStep: best?.step ?? 0, watched: watched, minDelta: configuration.minDelta)
    }

    /// Continues from a state if it has the same metric and the same `min_delta`.
    /// - Returns: whether it has.
    mutating func restore(_ stored: State) -> Bool {
        guard stored.watched ?? state.watched == state.watched,
            stored.minDelta ?? configuration.minDelta == configuration.minDelta
        else { return false }
        let (watched, minDelta) = (state.watched, state.minDelta)
        state = stored
        (state.watched, state.minDelta) = (watched, minDelta)
        return true
    }

    /// Adds the value of an evaluation; a value that is not finite is not an improvement.
    mutating func observe(_ value: Double, step: Int) {
        let isBetter =
            state.watched?.isBetter(value, than: state.best, by: configuration.minDelta) ?? false
        if isBetter {
            (state.best, state.bestStep, state.evaluationsWithoutImprovement) = (value, step, 0)
        } else {
            state.evaluationsWithoutImprovement += 1
        }
    }

    /// Whether the run should end.
    var isExhausted: Bool { state.evaluationsWithoutImprovement >= configuration.patience }
}
