import LockstepConfiguration
import LockstepDatasets
import LockstepExperiment
import LockstepTasks
import LockstepText

/// Finds errors before the first step that would otherwise end a run in one of its steps: all steps are checked, and a
/// step that cannot be computed is refused with advice.
struct StepChecks {
    let configuration: TrainingConfiguration
    let data: TrainingData
    let shards: Int
    let locations: ConfigurationLocations
    /// The step that the run continues from; 0 for a new one.
    let first: Int

    /// The maximum number of samples to check: epochs are alike, and the start should not take minutes.
    private static let mostSamples = 50_000_000

    private var last: Int { configuration.totalSteps(stepsPerEpoch: data.stepsPerEpoch) }

    /// - Throws: `ConfigurationError` for the first error.
    func validate() throws {
        try requireMetric()
        try requireLargeShards()
        try requireWeights()
        try requireLearningRates()
    }

    /// Refuses a metric that is not evaluated or not defined for this data set.
    private func requireMetric() throws {
        if configuration.metricNames == nil, configuration.earlyStopping != nil {
            let task = try DefaultTask.make(data.dataset.schema, loss: configuration.loss)
            try configuration.requireWatched(in: type(of: task).metrics, at: locations)
        }
        try requireBytes()
        guard configuration.earlyStopping?.metric == "validation_top_5_accuracy", let classes = data.classes,
            classes <= 5
        else { return }
        throw locations.error(
            .conflict, "early_stopping.metric",
            "with \(classes) classes, every prediction is among the top 5; watch validation_accuracy")
    }

    /// Refuses bits per byte of tokens whose texts are not known.
    private func requireBytes() throws {
        let schema = data.dataset.schema
        guard configuration.earlyStopping?.metric == "validation_bits_per_byte",
            schema.indices(.target).allSatisfy({ schema.fields[$0].byteCounts.isEmpty })
        else { return }
        throw locations.error(
            .conflict, "early_stopping.metric",
            "bits per byte need the texts of the tokens; give data.\(configuration.data.name).tokenizer, or watch validation_perplexity"
        )
    }

    /// Refuses a step of one sample if batch normalization needs two.
    private func requireLargeShards() throws {
        let smallest = data.smallestShard
        guard smallest > 1, let step = firstStep(smallerThan: smallest) else { return }
        let samples = grouped(data.sampler.count)
        let problem =
            "step \(grouped(step + 1)) has a single sample (\(samples) \(data.samplesName) in steps of \(grouped(data.sampler.batch))), "
            + "but batch normalization needs two"
        if first > 0 {
            throw locations.error(
                .conflict, "batch",
                "\(problem); end the run before it with --set max_steps=\(step)"
                    + (step > first ? "" : ", or start a new one with another batch"))
        }
        guard let batch = nearestBatch(smallest) else {
            throw locations.error(
                .conflict, "model", "\(problem); leave batch_norm out, or train with more samples")
        }
        throw locations.error(.conflict, "batch", "\(problem); set batch to \(batch)")
    }

    /// The first step from `first` on with fewer samples than `smallest`; steps are counted from 0.
    private func firstStep(smallerThan smallest: Int) -> Int? {
        // Step sizes repeat every epoch; the small step is an epoch's last, unless all are small.
        let perEpoch = data.stepsPerEpoch
        let end = min(last, first + perEpoch)
        guard first < end else { return nil }
        let epochEnd = (first / perEpoch + 1) * perEpoch - 1
        return [first, epochEnd].first { $0 < end && data.sampler.positions(ofStep: $0).count < smallest }
    }

    /// The batch nearest to the configured one with which no step is too small.
    private func nearestBatch(_ smallest: Int) -> Int? {
        let (batch, count) = (data.sampler.batch, data.sampler.count)
        for distance in 1...64 {
            for candidate in [batch + distance, batch - distance] where candidate >= max(shards, smallest) {
                let sizes = Sampler(count: count, batch: candidate, seed: 0).stepSizes
                if sizes.allSatisfy({ $0 >= smallest }) { return candidate }
            }
        }
        return nil
    }

    /// Refuses a step whose samples are all of classes with weight 0.
    private func requireWeights() throws {
        guard let options = configuration.loss as? CrossEntropyConfiguration,
            case .weights(let weights) = options.classWeights, weights.contains(0), data.classes != nil
        else { return }
        let isWeightless = (0..<data.sampler.count).map { sample in
            data.dataset.label(ofTraining: sample).map { Float(weights[$0]) == 0 } ?? false
        }
        let smallest = data.sampler.stepSizes.min() ?? 1
        guard isWeightless.count(where: { $0 }) >= smallest else { return }
        let order = UnsafeMutableBufferPointer<Int32>.allocate(capacity: data.sampler.count)
        defer { order.deallocate() }
        var step = first
        var epoch = -1
        while step < last, (step - first) / data.stepsPerEpoch * data.sampler.count <= Self.mostSamples {
            if data.sampler.epoch(ofStep: step) != epoch {
                epoch = data.sampler.epoch(ofStep: step)
                data.sampler.fillOrder(ofEpoch: epoch, order)
            }
            let samples = data.sampler.positions(ofStep: step)
            guard samples.contains(where: { !isWeightless[Int(order[$0])] }) else {
                throw locations.error(
                    .conflict, "loss.cross_entropy.class_weights",
                    "all of the \(counted(samples.count, "sample")) in step \(grouped(step + 1)) have classes with weight 0, so their "
                        + "average loss is undefined; give every class in the training data a weight above 0")
            }
            step += 1
        }
    }

    /// Refuses a learning rate beyond the range of float32.
    private func requireLearningRates() throws {
        let schedule = configuration.schedule
        for step in [first, schedule.warmup.steps, last - 1] where step < last {
            let rate = schedule.learningRate(
                step: step, totalSteps: last, base: configuration.optimizer.learningRate)
            guard Float(rate).isFinite else {
                throw locations.error(
                    .conflict, "schedule.\(schedule.name)",
                    "the learning rate of step \(grouped(step + 1)) would be \(rate), which is beyond float32; give a smaller factor"
                )
            }
        }
    }
}
