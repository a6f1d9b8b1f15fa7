import LockstepDatasets
import LockstepMetrics
import LockstepRunLog

/// A listener to the events of a run: it can read everything, change nothing, and request a stop.
///
/// Every rank has its own observers and calls them in the same order. The terminal, `metrics.jsonl` and `summary.json`
/// are written by an observer, too. An error that an observer throws ends the run on all ranks after the step, with a
/// message and without loss of data.
public protocol TrainingObserver: AnyObject {
    /// Training begins or continues from a checkpoint. Called before the first step.
    func begin(_ run: ObservedRun) throws

    /// A step is complete. Called after every step, so it must be fast.
    func step(_ record: StepRecord, _ run: ObservedRun) throws

    /// A set was evaluated after the last step. The parameters are complete: `run.forward` may be used.
    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws

    /// The run ends; the last checkpoint is complete. The parameters are complete: `run.forward` may be used.
    func end(_ summary: RunSummary, _ run: ObservedRun) throws
}

extension TrainingObserver {
    public func begin(_ run: ObservedRun) throws {}
    public func step(_ record: StepRecord, _ run: ObservedRun) throws {}
    public func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {}
    public func end(_ summary: RunSummary, _ run: ObservedRun) throws {}
}
