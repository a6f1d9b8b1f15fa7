import LockstepCheckpoints

/// Watches a metric and says when it has not improved for too long; its state goes into checkpoints.
struct EarlyStopping {
    /// What has to survive a resume.
    struct State: Codable, Equatable {
        /// The best value so far; nil before the first evaluation.
        var best: Double?
        /// The step of the best value.
        var bestStep = 0
        /// The evaluations since.
        var evaluationsWithoutImprovement = 0

        /// Checks what a checkpoint had: somebody else may have written it.
        /// - Throws: `CheckpointError.state`.
        func requirePossible() throws(CheckpointError) {
            guard (0...1 << 60).contains(bestStep), (0...1 << 60).contains(evaluationsWithoutImprovement)
            else {
                throw .state(
                    section: "early_stopping",
                    reason: "the step \(bestStep), or \(evaluationsWithoutImprovement) evaluations, cannot be"
                )
            }
        }
    }

    let configuration: EarlyStoppingConfiguration
    var state = State()

    /// Takes the value of an evaluation; a value that is not a number is no improvement.
    /// - Returns: whether it is the best so far.
    mutating func observe(_ value: Double, step: Int) -> Bool {
        let isBetter: Bool
        if let best = state.best {
            isBetter =
                configuration.mode == .min
                ? value < best - configuration.minDelta : value > best + configuration.minDelta
        } else {
            isBetter = !value.isNaN
        }
        if isBetter {
            state = State(best: value, bestStep: step, evaluationsWithoutImprovement: 0)
        } else {
            state.evaluationsWithoutImprovement += 1
        }
        return isBetter
    }

    /// Whether the run should end.
    var isExhausted: Bool { state.evaluationsWithoutImprovement >= configuration.patience }
}
