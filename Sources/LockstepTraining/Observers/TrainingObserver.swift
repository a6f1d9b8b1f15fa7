import LockstepDatasets
import LockstepMetrics
import LockstepRunLog

/// A listener of the events of a run: it can read everything, change nothing, and ask for a stop.
///
/// Every rank has its own observers and calls them in the same order; the terminal, `metrics.jsonl` and `summary.json`
/// are written by one of them. An error that an observer throws ends the run on all ranks after the step, with a
/// message; nothing is lost.
public protocol TrainingObserver: AnyObject {
    /// Training begins, or continues from a checkpoint: before the first step.
    func begin(_ run: ObservedRun) throws

    /// A step was made. Called after every step, and therefore to be fast.
    func step(_ record: StepRecord, _ run: ObservedRun) throws

    /// A set was evaluated after the step just made. The parameters are complete: `run.forward` may be used.
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
