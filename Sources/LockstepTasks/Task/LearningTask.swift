import LockstepAutograd
import LockstepMetrics
import LockstepOperations

/// What is learned: the networks, the loss of a batch, what an evaluation counts, and what a prediction is.
///
/// The trainer knows neither the networks nor the data: it runs `loss` for every shard, reduces the gradients and
/// updates the parameters. A class, so that it can keep what it needs from step to step; every rank has its own, and
/// nothing that it keeps may depend on the rank.
public protocol LearningTask: AnyObject {
    /// What an evaluation sums up.
    associatedtype Sums: MetricSums

    /// The parts of training that take turns; one that trains everything, unless a task says otherwise.
    var phases: [TrainingPhase] { get }

    /// The loss of one shard, from a forward pass on the batch's tape.
    /// - Parameter phase: the number of the phase that the step belongs to.
    /// - Throws: what is wrong with the data or the model; it ends the run on all ranks.
    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss

    /// Empty sums for an evaluation.
    func makeSums(_ request: MetricRequest) -> Sums

    /// Adds a block of samples to the sums.
    func evaluate(_ batch: Batch, into sums: inout Sums) throws

    /// Tables that belong to an evaluation besides its metrics; none by default.
    func report(_ sums: Sums) -> MetricReport

    /// The predictions for a block of samples: one column, or several, with a value for each sample.
    func predict(_ batch: Batch) throws -> [PredictedField]

    /// Why there are no predictions of single samples; nil if there are.
    var predictionRefusal: String? { get }

    /// The number of tokens of a sample, for the throughput; nan without tokens.
    var tokensPerSample: Double { get }

    /// A description that is equal for equal losses: values of other losses are not compared with each other.
    var lossDescription: String { get }
}

extension LearningTask {
    public var phases: [TrainingPhase] { [TrainingPhase()] }
    public func report(_ sums: Sums) -> MetricReport { MetricReport() }
    public var predictionRefusal: String? { nil }
    public var tokensPerSample: Double { .nan }
    public var lossDescription: String { "\(Self.self)" }

    public func predict(_ batch: Batch) throws -> [PredictedField] {
        throw TrainingError.model(
            "this task has no predictions of samples; measure it with lockstep evaluate")
    }
}
