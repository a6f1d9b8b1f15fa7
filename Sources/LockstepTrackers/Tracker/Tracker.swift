import LockstepConfiguration
import LockstepMetrics
import LockstepPictures
import LockstepRunLog

/// Writes what a run logs in the format of another program.
///
/// Only rank 0 has trackers. They are called for what `metrics.jsonl` has, too: every logged step and every evaluation. An error
/// ends the run on all ranks after the step, as that of any observer.
public protocol Tracker: AnyObject {
    /// The run begins, or continues: what was written of later steps before has to go.
    func begin(_ run: TrackedRun) throws

    /// A step that is logged.
    func step(_ record: StepRecord) throws

    /// An evaluation.
    func evaluation(_ evaluation: TrackedEvaluation) throws

    /// The run ends.
    func end(_ summary: RunSummary) throws

    /// The parameters and gradients after a step; only where `TrackerComponent.histogramsEverySteps` asks for them.
    func histograms(_ histograms: [TrackedHistogram], step: Int) throws

    /// Whether the tracker keeps images.
    var keepsImages: Bool { get }

    /// An image that an observer of the run has made after a step.
    func image(_ image: PNGPicture, tag: String, step: Int) throws
}

/// A tracker of numbers takes neither histograms nor images.
extension Tracker {
    public func histograms(_ histograms: [TrackedHistogram], step: Int) throws {}
    public var keepsImages: Bool { false }
    public func image(_ image: PNGPicture, tag: String, step: Int) throws {}
}

/// A tracker that a run file can name.
public protocol TrackerComponent: Component {
    /// Builds the tracker. Nothing is written before `begin`.
    func make() -> any Tracker

    /// The number of steps between two histograms of all parameters and gradients; nil for none.
    var histogramsEverySteps: Int? { get }
}

extension TrackerComponent {
    public var histogramsEverySteps: Int? { nil }
}

/// A run as its trackers see it.
public struct TrackedRun: Sendable {
    /// The run directory.
    public var directory: String
    /// The number of steps done before: 0 for a new run.
    public var step: Int
    /// Whether the evaluation of the validation split after that step is made once more.
    public var repeatsEvaluation: Bool
    /// The whole configuration as YAML.
    public var configuration: String
    /// Every value of the configuration by the path of its key.
    public var parameters: [(name: String, value: String)]

    /// A run.
    public init(
        directory: String, step: Int, repeatsEvaluation: Bool, configuration: String,
        parameters: [(name: String, value: String)]
    ) {
        self.directory = directory
        self.step = step
        self.repeatsEvaluation = repeatsEvaluation
        self.configuration = configuration
        self.parameters = parameters
    }

    /// The last component of the run directory.
    public var name: String { RunHistory.name(of: directory) }

    /// Whether what was written of a step stays when the run continues. The evaluation of the test set after the step that the run
    /// continues from belongs to the end of a run, and is made again.
    /// - Parameter set: the set of an evaluation; nil for the record of a step.
    public func keeps(step: Int, set: String?) -> Bool {
        guard step <= self.step else { return false }
        return step < self.step || set == nil || (set == "validation" && !repeatsEvaluation)
    }
}

/// The metrics of a set after a step.
public struct TrackedEvaluation: Sendable {
    /// The name of the set, such as `validation`.
    public var set: String
    /// The number of the step.
    public var step: Int
    /// The epoch of the step; the first is 1.
    public var epoch: Int
    /// The number of samples seen since the start of training.
    public var samples: Int
    /// The metrics.
    public var values: [MetricValue]

    /// An evaluation.
    public init(set: String, step: Int, epoch: Int, samples: Int, values: [MetricValue]) {
        self.set = set
        self.step = step
        self.epoch = epoch
        self.samples = samples
        self.values = values
    }
}

/// The values of a parameter, or of its gradient, after a step.
public struct TrackedHistogram: Sendable {
    /// The name: `parameters/` or `gradients/` and the name of the parameter.
    public var tag: String
    /// The values.
    public var values: ValueHistogram

    /// The values of a tensor.
    public init(tag: String, values: ValueHistogram) {
        self.tag = tag
        self.values = values
    }
}

extension StepRecord {
    /// Everything that is logged of the step by name, as in `metrics.jsonl`; without step, epoch and samples.
    var trackedValues: [(name: String, value: Double)] {
        var values: [(name: String, value: Double)] = [("loss", loss)]
        for (name, value) in zip(extras.names, extras.values) where !value.isNaN {
            values.append((name, value))
        }
        values += [
            ("learning_rate", learningRate), ("gradient_norm", gradientNorm),
            ("samples_per_second", samplesPerSecond),
        ]
        if !tokensPerSecond.isNaN { values.append(("tokens_per_second", tokensPerSecond)) }
        if let rankSeconds {
            values += [
                ("rank_seconds_minimum", rankSeconds.minimum), ("rank_seconds_median", rankSeconds.median),
                ("rank_seconds_maximum", rankSeconds.maximum),
            ]
        }
        return values + [("seconds", seconds)]
    }
}
