import LockstepDatasets

/// The names of the metrics of a task, as they stand in `metrics.jsonl` and `summary.json` behind the set's name.
public enum MetricNames {
    /// The metrics that an evaluation may have: the loss, then those of the task.
    ///
    /// `top_5_accuracy` is there when there are more than 5 classes.
    public static func all(of task: DataTask) -> [String] {
        switch task {
        case .classification:
            ["loss", "accuracy", "top_5_accuracy", "macro_precision", "macro_recall", "macro_f1", "roc_auc"]
        case .regression, .multiLabel: ["loss", "mean_absolute_error", "root_mean_squared_error", "r2"]
        case .language: ["loss", "perplexity", "bits_per_byte"]
        }
    }
}
