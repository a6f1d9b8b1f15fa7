import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepMetrics
import LockstepRunLog

/// The best evaluation and the patience of early stopping, and how they are restored when a run continues with other settings.
extension Trainer {
    /// Adds the values of an evaluation.
    /// - Returns: whether it is the best so far.
    func observe(_ values: [MetricValue]) -> Bool {
        let value = values.first { "validation_" + $0.name == watched.metric }?.value ?? .nan
        earlyStopping?.observe(value, step: dataParallel.step)
        guard watched.isBetter(value, than: best?.value) else { return false }
        best = BestEvaluation(watched: watched, value: value, step: dataParallel.step)
        return true
    }

    /// Restores the best evaluation and the patience from a checkpoint; values for another setting are dropped with a warning.
    /// - Parameter before: the earlier configuration of early stopping, for checkpoints that do not store the metric.
    func restoreBest(_ state: StateSections, before: EarlyStoppingConfiguration?) throws {
        let stored = try storedBest(state, before: before)
        try stored?.requirePossible()
        if configuration.earlyStopping == nil, let stored {
            // Without early stopping no other metric is configured, so the record continues.
            let metric = stored.watched.metric
            watched = WatchedMetric(
                metric: metric, mode: stored.watched.mode,
                basis: WatchedMetric.basis(of: metric, configuration, loss: task.lossDescription))
        }
        best = stored?.watched == watched ? stored : nil
        if let stored, best == nil, communicator.rank == 0 {
            log.console.warn(
                "The best evaluation so far (\(stored.text), \(stored.watched.words)) cannot be compared with the metric watched now "
                    + "(\(watched.words)): the best starts over.")
        }
        guard let stopping = configuration.earlyStopping else { return }
        earlyStopping = EarlyStopping(stopping, watched: watched, best: best)
        guard state.has(EarlyStopping.section) else { return }
        var counts = try state.get(EarlyStopping.section, as: EarlyStopping.State.self)
        if counts.watched == nil, let before {
            counts.watched = watched(by: before)
            counts.minDelta = before.minDelta
        }
        if earlyStopping?.restore(counts) == false, communicator.rank == 0 {
            log.console.warn(
                "The metric or the min_delta of early_stopping has changed: its patience starts over."
            )
        }
    }

    /// The metric of a checkpoint's best evaluation; nil if it has none.
    /// - Parameter before: the earlier configuration of early stopping, for checkpoints that do not store the metric.
    package static func watchedMetric(of state: StateSections, before: EarlyStoppingConfiguration?) throws
        -> String?
    {
        if state.has(BestEvaluation.section) {
            return try state.get(BestEvaluation.section, as: BestEvaluation.self).watched.metric
        }
        return state.has(EarlyStopping.section) ? before?.metric : nil
    }

    /// The best evaluation of a checkpoint.
    private func storedBest(_ state: StateSections, before: EarlyStoppingConfiguration?) throws
        -> BestEvaluation?
    {
        if state.has(BestEvaluation.section) {
            return try state.get(BestEvaluation.section, as: BestEvaluation.self)
        }
        // Older versions store the best value of early stopping or, if the best checkpoint was kept, the smallest validation loss.
        if state.has(EarlyStopping.section) {
            let counts = try state.get(EarlyStopping.section, as: EarlyStopping.State.self)
            let stopping = before ?? configuration.earlyStopping ?? EarlyStoppingConfiguration()
            return counts.best.map {
                BestEvaluation(watched: watched(by: stopping), value: $0, step: counts.bestStep)
            }
        }
        let progress = try state.get("trainer", as: OlderProgress.self)
        guard let value = progress.bestValue, let step = progress.bestStep else { return nil }
        return BestEvaluation(watched: watched(by: EarlyStoppingConfiguration()), value: value, step: step)
    }

    /// Additional values in the progress of older versions.
    private struct OlderProgress: Decodable {
        var bestValue: Double?
        var bestStep: Int?
    }

    private func watched(by stopping: EarlyStoppingConfiguration) -> WatchedMetric {
        WatchedMetric(
            metric: stopping.metric, mode: stopping.mode,
            basis: WatchedMetric.basis(of: stopping.metric, configuration, loss: task.lossDescription))
    }

    /// Discards the record if its checkpoint should be kept but is missing or damaged. Collective.
    func requireBestCheckpoint() throws {
        guard configuration.keepsBest, let best, best.step != dataParallel.step else { return }
        let path = CheckpointStore(directoryPath + "/checkpoints").path(best.step)
        let isThere = try communicator.onFirstRank { (try? Checkpoint(verifying: path)) != nil }
        guard !isThere else { return }
        if communicator.rank == 0 {
            log.console.warn(
                "Warning: the checkpoint of the best evaluation (\(best.text)) is missing or damaged: from now on the best of the "
                    + "following evaluations is kept.")
        }
        self.best = nil
    }
}

extension EarlyStopping {
    /// The section in a checkpoint's state.
    static let section = "early_stopping"
}

extension WatchedMetric {
    /// The metric, whether small or large values are better, and the basis of its values.
    fileprivate var words: String {
        "\(metric), \(mode == .min ? "small" : "large") values are better"
            + (basis.isEmpty ? "" : ", by \(basis)")
    }
}
