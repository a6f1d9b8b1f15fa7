import LockstepAutograd
import LockstepCheckpoints
import LockstepTasks

/// What a trainer remembers besides parameters, moments and the data cursor; it goes into checkpoints.
struct TrainerProgress: Codable, Equatable {
    /// Samples seen since the start of training.
    var samples = 0
    /// The loss sum of the current epoch so far.
    var epochLossSum = 0.0
    /// The weight of the current epoch so far.
    var epochWeight = 0.0
    /// The mean loss of the last complete epoch; nil before the end of the first.
    var lastEpochLoss: Double?
    /// The loss function that these values are of (`LossFunction.text`); nil in checkpoints of older versions.
    var loss: String?
    /// Whether the evaluation that was due after the last step has been interrupted; nil for no.
    var isEvaluationPending: Bool?

    /// The mean loss of the current epoch, or of the last one where the current has not begun.
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
            throw .state(section: "trainer", reason: "\(samples) samples cannot be")
        }
    }

    /// Closes an epoch.
    mutating func endEpoch() {
        lastEpochLoss = trainLoss
        epochLossSum = 0
        epochWeight = 0
    }
}

/// The parts of an experiment that a checkpoint is tied to: with other values the bits, or the data order, would differ.
struct ExperimentIdentity: Codable, Equatable {
    var batch: Int
    var shards: Int
    var threads: Int
    var precision: Precision
    var seed: UInt64
    var evaluationBlock: Int
    /// The training data: the number of samples and a checksum of them, the split included.
    var data: String

    /// Throws for the first value in which a checkpoint's identity differs from this one.
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
    /// Checkpoints of the time before mixed precision do not name one: they are float32.
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
