import LockstepAutograd
import LockstepMetrics
import LockstepOperations

/// A learning task: the networks, the loss of a batch, the metrics of an evaluation, and predictions.
///
/// The trainer depends neither on networks nor on data: it runs `loss` for every shard, reduces the gradients
/// and updates the parameters. A task is a class, so that it can store state from step to step; every rank
/// has one, and its state must not depend on the rank.
public protocol LearningTask: AnyObject {
    /// The sums of an evaluation.
    associatedtype Sums: MetricSums

    /// The phases of training, which take turns; by default one phase that trains everything.
    var phases: [TrainingPhase] { get }

    /// The loss of one shard, from a forward pass on the batch's tape.
    /// - Parameter phase: the number of the phase that the step belongs to.
    /// - Throws: an error of the data or the model, which ends the run on all ranks.
    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss

    /// Empty sums for an evaluation.
    func makeSums(_ request: MetricRequest) -> Sums

    /// Adds a block of samples to the sums.
    func evaluate(_ batch: Batch, into sums: inout Sums) throws

    /// Tables of an evaluation besides its metrics; none by default.
    func report(_ sums: Sums) -> MetricReport

    /// The predictions for a block of samples: one or more columns, with one value per sample.
    func predict(_ batch: Batch) throws -> [PredictedField]

    /// Why the task cannot predict single samples; nil if it can.
    var predictionRefusal: String? { get }

    /// The number of tokens of a sample, for the throughput; NaN without tokens.
    var tokensPerSample: Double { get }

    /// A description that is equal for equal losses. Values of different losses are not compared.
    var lossDescription: String { get }

    /// The unit of the loss if it differs from that of the metrics, such as `standardized targets`; nil by default.
    var lossUnit: String? { get }
}

extension LearningTask {
    public var phases: [TrainingPhase] { [TrainingPhase()] }
    public func report(_ sums: Sums) -> MetricReport { MetricReport() }
    public var predictionRefusal: String? { nil }
    public var tokensPerSample: Double { .nan }
    public var lossDescription: String { "\(Self.self)" }
    public var lossUnit: String? { nil }

    public func predict(_ batch: Batch) throws -> [PredictedField] {
        throw TrainingError.model(
            "this task has no predictions of samples; evaluate it with lockstep evaluate")
    }
}
