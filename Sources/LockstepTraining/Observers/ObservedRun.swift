import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepPictures
import LockstepTasks
import LockstepTensors
import LockstepTrackers

/// A run as its observers see it.
public final class ObservedRun {
    /// The number of this rank.
    public let rank: Int
    /// The number of ranks.
    public let ranks: Int
    /// The run directory.
    public let directory: String
    /// The configuration.
    public let configuration: TrainingConfiguration
    /// The task with its networks.
    public let task: any LearningTask
    /// The data.
    public let dataset: any Dataset
    /// Whether the run begins with the evaluation after the step that it continues from.
    public internal(set) var repeatsEvaluation = false
    private let dataParallel: DataParallel
    private let tape: Tape
    /// The trackers that keep images.
    private let imageTrackers: [any Tracker]
    /// Whether an observer of this rank asked for a stop.
    private(set) var isStopRequested = false

    init(
        rank: Int, ranks: Int, directory: String, configuration: TrainingConfiguration,
        task: any LearningTask,
        dataset: any Dataset, dataParallel: DataParallel, pool: StoragePool, trackers: [any Tracker]
    ) {
        imageTrackers = trackers.filter(\.keepsImages)
        self.rank = rank
        self.ranks = ranks
        self.directory = directory
        self.configuration = configuration
        self.task = task
        self.dataset = dataset
        self.dataParallel = dataParallel
        tape = Tape(pool: pool, precision: configuration.precision)
    }

    /// The number of steps made so far.
    public var step: Int { dataParallel.step }

    /// The parameters, in the order of their registration. Their values may change with every step.
    public var parameters: ContiguousArray<Parameter> { dataParallel.store.parameters }

    /// Ends the run after the next step, on all ranks, with a checkpoint.
    public func requestStop() { isStopRequested = true }

    /// Whether a tracker of this rank keeps images: false on all ranks but the first. Where it is false, an image need not be made.
    public var keepsImages: Bool { !imageTrackers.isEmpty }

    /// Gives an image of the step just made to the trackers that keep images, such as `tensorboard`.
    /// - Parameter tag: the name under which images of several steps follow each other, such as `samples`. Where an image belongs to
    ///   the evaluation of a set, begin it with `validation/` or `test/`: a resume that repeats the evaluation then replaces it.
    /// - Throws: `RunLogError` if a tracker cannot write it.
    public func track(_ image: @autoclosure () throws -> PNGPicture, tag: String) throws {
        guard keepsImages else { return }
        let image = try image()
        for tracker in imageTrackers { try tracker.image(image, tag: tag, step: step) }
    }

    /// Runs networks in inference mode, with the averaged parameters if the run has them.
    ///
    /// Only in `begin`, `evaluation` and `end`: between steps, parameters may still be on their way from other hosts.
    /// - Parameter body: a forward pass on the tape; what it returns must not be a variable.
    public func forward<Result>(_ body: (Tape) throws -> Result) throws -> Result {
        tape.begin(
            mode: .inference, parameterVersion: dataParallel.parameterVersion,
            usesAverages: dataParallel.hasAverages)
        defer { tape.clear() }
        let result = try body(tape)
        if let failure = tape.failure { throw failure }
        return result
    }
}
