import LockstepAutograd
import LockstepDataParallel
import LockstepDatasets
import LockstepExperiment
import LockstepPictures
import LockstepTasks
import LockstepTensors
import LockstepTrackers

/// The view of a run that observers get.
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
    /// Whether a resumed run begins by repeating the evaluation after its last step.
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

    /// The number of steps completed so far.
    public var step: Int { dataParallel.step }

    /// The parameters, in the order of their registration. Their values may change with every step.
    public var parameters: ContiguousArray<Parameter> { dataParallel.store.parameters }

    /// Ends the run on all ranks after the next step, with a checkpoint.
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

    /// Runs networks in inference mode, with the averaged parameters if the run has any.
    ///
    /// Allowed only in `begin`, `evaluation` and `end`: between steps, parameters from other hosts may still be in transit.
    /// - Parameter body: a forward pass on the tape; its result must not be a variable.
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
