import LockstepExperiment
import LockstepRunLog
import LockstepTasks

extension WatchedMetric {
    /// The metric of a run: the one of early stopping, otherwise the validation loss.
    init(_ configuration: TrainingConfiguration, loss: String) {
        let stopping = configuration.earlyStopping ?? EarlyStoppingConfiguration()
        self.init(
            metric: stopping.metric, mode: stopping.mode,
            basis: WatchedMetric.basis(of: stopping.metric, configuration, loss: loss))
    }

    static func basis(of metric: String, _ configuration: TrainingConfiguration, loss: String)
        -> String
    {
        var parts: [String] = []
        if metric == "validation_loss" { parts.append(loss) }
        if let context = configuration.data.context {
            parts.append("stride \(configuration.evaluate.stride ?? context)")
        }
        return parts.joined(separator: ", ")
    }
}
