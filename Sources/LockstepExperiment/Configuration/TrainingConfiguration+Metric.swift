import LockstepConfiguration
import LockstepTasks

extension TrainingConfiguration {
    /// The metrics of the run's evaluations; nil if they depend on the opened data.
    package var metricNames: [String]? {
        if let task { return type(of: task).metrics }
        return Registry.standard.tasks.first { $0.name == data.taskName }?.metrics
    }

    /// Checks that early stopping watches a metric that is evaluated.
    /// - Parameter metrics: the names of the metrics of an evaluation, without the set.
    /// - Throws: `ConfigurationError` with the nearest name.
    package func requireWatched(
        in metrics: [String], at locations: ConfigurationLocations
    ) throws {
        guard let metric = earlyStopping?.metric else { return }
        let names = metrics.map { "validation_\($0)" }
        guard !names.contains(metric) else { return }
        let hint =
            metric.hasPrefix("test_")
            ? "; the test set never steers a run"
            : Self.nearest(to: metric, in: metrics).map { "; did you mean 'validation_\($0)'?" } ?? ""
        throw locations.error(
            .illegalValue, "early_stopping.metric",
            "must be one of \(names.joined(separator: ", ")); got \(metric)\(hint)")
    }

    /// The metric that is most likely meant. `validation_mae` means `mean_absolute_error`, and the other way round.
    private static func nearest(to metric: String, in metrics: [String]) -> String? {
        let sets = ["validation_", "valid_", "val_"]
        let name = sets.first(where: metric.hasPrefix).map { String(metric.dropFirst($0.count)) } ?? metric
        return NearestKey.find(name, in: metrics) ?? metrics.first { NearestKey.isShort($0, for: name) }
    }
}
