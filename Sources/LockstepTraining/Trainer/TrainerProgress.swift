import LockstepAutograd
import LockstepCheckpoints
import LockstepTasks

/// The state of a trainer in checkpoints, besides parameters, moments and the data cursor.
struct TrainerProgress: Codable, Equatable {
    /// The number of samples used since the start of training.
    var samples = 0
    /// The sum of the losses in the current epoch so far.
    var epochLossSum = 0.0
    /// The sum of the weights in the current epoch so far.
    var epochWeight = 0.0
    /// The mean loss of the last complete epoch; nil before the end of the first.
    var lastEpochLoss: Double?
    /// The loss function of these values (`LossFunction.text`); nil in checkpoints of older versions.
    var loss: String?
    /// Whether the evaluation after the last step was interrupted; nil for no.
    var isEvaluationPending: Bool?

    /// The mean loss of the current epoch, or of the last one if the current epoch has no steps yet.
    var trainLoss: Double { epochWeight > 0 ? epochLossSum / epochWeight : lastEpochLoss ?? .nan }

    /// Adds a step.
    mutating func add(samples: Int, lossSum: Double, weight: Double) {
        self.samples += samples
        epochLossSum += lossSum
        epochWeight += weight
    }

    /// Drops the values of another loss function.
    mutating func use(loss: String) {
        defer { self.loss = loss }
        guard let before = self.loss, before != loss else { return }
        (epochLossSum, epochWeight, lastEpochLoss) = (0, 0, nil)
    }

    /// Checks values from a checkpoint, which another user may have written.
    /// - Throws: `CheckpointError.state`.
    func requirePossible() throws(CheckpointError) {
        guard (0...1 << 60).contains(samples) else {
            throw .state(section: "trainer", reason: "the number of samples \(samples) is invalid")
        }
    }

    /// Ends an epoch.
    mutating func endEpoch() {
        lastEpochLoss = trainLoss
        epochLossSum = 0
        epochWeight = 0
    }
}

/// The properties of an experiment that must equal those of a checkpoint: otherwise the bits or the data order would differ.
struct ExperimentIdentity: Codable, Equatable {
    var batch: Int
    var shards: Int
    var threads: Int
    var precision: Precision
    var seed: UInt64
    var evaluationBlock: Int
    /// The fingerprint of the training data: the number of samples, a checksum, and the split.
    var data: String

    /// Throws for the first value that differs from a checkpoint's.
    func requireEqual(_ stored: ExperimentIdentity) throws(TrainingError) {
        func same(_ key: String, _ mine: String, _ theirs: String) throws(TrainingError) {
            guard mine == theirs else {
                throw .otherExperiment(key: key, checkpoint: theirs, configuration: mine)
            }
        }
        try same("batch", "\(batch)", "\(stored.batch)")
        try same("shards", "\(shards)", "\(stored.shards)")
        try same("threads", "\(threads)", "\(stored.threads)")
        try same("precision", precision.rawValue, stored.precision.rawValue)
        try same("seed", "\(seed)", "\(stored.seed)")
        try same("evaluation_block", "\(evaluationBlock)", "\(stored.evaluationBlock)")
        guard data == stored.data else {
            throw .otherData(DataDifference.text(data, stored.data))
        }
    }
}

extension ExperimentIdentity {
    /// Checkpoints from before mixed precision have no precision: they are float32.
    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            batch: try values.decode(Int.self, forKey: .batch),
            shards: try values.decode(Int.self, forKey: .shards),
            threads: try values.decode(Int.self, forKey: .threads),
            precision: try values.decodeIfPresent(Precision.self, forKey: .precision) ?? .float32,
            seed: try values.decode(UInt64.self, forKey: .seed),
            evaluationBlock: try values.decode(Int.self, forKey: .evaluationBlock),
            data: try values.decode(String.self, forKey: .data))
    }
}
