import LockstepCollectives
import LockstepExperiment
import LockstepRunLog
import LockstepText

/// The description of a run before its first step.
struct RunHeading {
    /// Run directory, model, data, ranks and steps.
    let lines: [String]
    /// Warnings about settings that have no effect, or probably not the intended one.
    let warnings: [String]

    /// - Parameters:
    ///   - directory: the run directory.
    ///   - model: the model's name.
    init(_ setup: TrainingSetup, directory: String, communicator: Communicator, model: String) {
        let (configuration, data) = (setup.configuration, setup.data)
        let samples = setup.dataset.samplesName
        let sets = [
            (setup.dataset.count(of: .training), " training \(samples)"),
            (data.validation.count, " validation"),
            (data.test.count, " test"),
        ].filter { $0.0 > 0 }.map { grouped($0.0) + $0.1 }.joined(separator: ", ")
        let total = configuration.totalSteps(stepsPerEpoch: data.stepsPerEpoch)
        var lines = [
            "Run directory: \(directory)",
            "Model: \(model), \(grouped(setup.dataParallel.store.parameterElementCount)) parameters, "
                + configuration.precision.rawValue,
            "Data: \(configuration.data.name), \(sets)",
            "Ranks: \(communicator.size) on \(counted(communicator.hostCount, "host")), "
                + "\(counted(configuration.threads, "thread")) each",
            "Steps: \(grouped(total)), \(grouped(data.stepsPerEpoch)) per epoch; each \(grouped(configuration.batch)) "
                + "\(samples) in \(counted(setup.shards, "shard"))",
        ]
        if let exchange = ExchangeRecord(setup.dataParallel.allreduce) { lines.append(exchange.line) }
        if let unit = setup.task.lossUnit {
            lines.append("Loss: of \(unit); the other metrics are in the units of the data")
        }
        self.lines = lines
        var warnings = Self.warnings(
            configuration, samples: setup.dataset.count(of: .training), steps: total,
            isOneHost: setup.dataParallel.allreduce.nodeCount == 1)
        warnings += Self.unreached(configuration, steps: total, data)
        warnings += LearningRateAdvice.warnings(setup.plan, steps: total)
        let cut = Self.cutSteps(data, shards: setup.shards)
        warnings += cut
        if cut.isEmpty, !setup.dataParallel.store.statistics.isEmpty {
            warnings += Self.smallNormalization(
                min(configuration.batch, setup.dataset.count(of: .training)), shards: setup.shards)
        }
        self.warnings = warnings
    }

    /// Warnings about settings that would only take effect after the end of the run.
    private static func unreached(
        _ configuration: TrainingConfiguration, steps: Int, _ data: TrainingData
    ) -> [String] {
        var warnings: [String] = []
        if let first = configuration.schedule.firstReduction,
            configuration.schedule.warmup.steps + first >= steps
        {
            warnings.append(
                "schedule.\(configuration.schedule.name) never reduces the learning rate: it would after "
                    + "\(grouped(configuration.schedule.warmup.steps + first)) steps, and the run ends after \(grouped(steps))"
            )
        }
        let evaluate = configuration.evaluate
        let due = [
            evaluate.everySteps, evaluate.everyEpochs.map { $0 * data.stepsPerEpoch },
        ].compactMap { $0 }
        let waiting = [
            configuration.earlyStopping == nil ? nil : "early_stopping",
            configuration.checkpoint.keepBest ? "checkpoint.keep_best" : nil,
        ].compactMap { $0 }
        if data.validation.count > 0, !waiting.isEmpty, due.allSatisfy({ $0 > steps }) {
            warnings.append(
                "\(waiting.joined(separator: " and ")) \(waiting.count > 1 ? "have" : "has") no effect: the run ends "
                    + "after \(grouped(steps)) steps, before the first evaluation (evaluate)")
        }
        return warnings
    }

    /// With fewer samples than this, means and variances differ much between shards.
    private static let fewestForNormalization = 8

    /// A warning about batch normalization with few samples.
    private static func smallNormalization(_ batch: Int, shards: Int) -> [String] {
        let samples = batch / shards
        guard samples < fewestForNormalization else { return [] }
        return [
            "batch normalization uses the mean and variance of the samples of one shard, here \(counted(samples, "sample")) (batch "
                + "\(grouped(batch)) in \(counted(shards, "shard"))): with fewer than \(fewestForNormalization) "
                + "they are inaccurate, and validation "
                + "is worse than training. Use a larger batch, fewer shards, or another normalization"
        ]
    }

    /// A warning about steps with too few samples for all shards.
    private static func cutSteps(_ data: TrainingData, shards: Int) -> [String] {
        let smallest = data.smallestShard
        guard smallest > 1, let samples = data.sampler.stepSizes.first(where: { $0 < smallest * shards })
        else {
            return []
        }
        return [
            "batch normalization needs \(smallest) samples per shard: steps of \(grouped(samples)) \(data.samplesName) are cut into "
                + "\(max(1, samples / smallest)) shards instead of \(shards)"
        ]
    }

    private static func warnings(
        _ configuration: TrainingConfiguration, samples: Int, steps: Int, isOneHost: Bool
    ) -> [String] {
        var warnings: [String] = []
        if configuration.schedule.warmup.steps >= steps {
            warnings.append(
                "the warm-up of \(grouped(configuration.schedule.warmup.steps)) steps is not complete when the run ends after "
                    + "\(grouped(steps)) steps: the learning rate never reaches its full value")
        }
        if configuration.batch > samples {
            warnings.append(
                "batch is \(grouped(configuration.batch)), but there are only \(grouped(samples)) training samples: every step "
                    + "uses all of them")
        }
        if isOneHost {
            if configuration.allreduce.compression != .none {
                warnings.append(
                    "allreduce.compression has no effect on one host: it compresses communication between hosts"
                )
            }
            if configuration.localSGD != nil {
                warnings.append(
                    "local_sgd has no effect on one host: it lets hosts, not ranks, train independently")
            }
        }
        return warnings
    }
}
