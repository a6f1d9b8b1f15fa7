import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepMetrics
import LockstepRunLog
import LockstepTrackers

/// Passes logged values to a tracker. A step that is not logged costs one comparison.
final class TrackerObserver: TrainingObserver {
    private let tracker: any Tracker
    private let isDue: (_ step: Int) -> Bool
    /// The epoch of a step, from 1.
    private let epoch: (_ step: Int) -> Int
    /// The number of samples seen so far.
    private let samples: () -> Int

    /// - Parameter isDue: whether a step is logged.
    init(
        _ tracker: any Tracker, isDue: @escaping (Int) -> Bool, epoch: @escaping (Int) -> Int,
        samples: @escaping () -> Int
    ) {
        self.tracker = tracker
        self.isDue = isDue
        self.epoch = epoch
        self.samples = samples
    }

    func begin(_ run: ObservedRun) throws {
        let yaml = try run.configuration.yaml()
        try tracker.begin(
            TrackedRun(
                directory: run.directory, step: run.step, repeatsEvaluation: run.repeatsEvaluation,
                configuration: yaml, parameters: ConfigurationNode.yaml(yaml, file: nil).values))
    }

    func step(_ record: StepRecord, _ run: ObservedRun) throws {
        if isDue(record.step) { try tracker.step(record) }
    }

    func evaluation(_ set: DatasetSplit, _ values: [MetricValue], _ run: ObservedRun) throws {
        try tracker.evaluation(
            TrackedEvaluation(
                set: set.rawValue, step: run.step, epoch: epoch(run.step), samples: samples(), values: values)
        )
    }

    func end(_ summary: RunSummary, _ run: ObservedRun) throws { try tracker.end(summary) }
}
