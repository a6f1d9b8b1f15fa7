import LockstepDatasets
import LockstepMetrics
import LockstepRunLog

/// Writes the terminal, `train.log`, `metrics.jsonl` and `summary.json`.
final class LogObserver: TrainingObserver {
    private let log: RunLog
    /// The epoch of a step, from 1.
    private let epoch: (_ step: Int) -> Int
    /// The number of samples seen so far.
    private let samples: () -> Int
    /// Whether the existing summary is kept at the end of the run.
    var keepsSummary = false

    init(_ log: RunLog, epoch: @escaping (Int) -> Int, samples: @escaping () -> Int) {
        self.log = log
        self.epoch = epoch
        self.samples = samples
    }

    func step(_ record: StepRecord, _ run: ObservedRun) throws { try log.step(record) }

    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
        try log.evaluation(set.rawValue, step: run.step, epoch: epoch(run.step), samples: samples(), values)
    }

    func end(_ summary: RunSummary, _ run: ObservedRun) throws {
        try log.finish(summary, directory: run.rank == 0 && !keepsSummary ? run.directory : nil)
    }
}
