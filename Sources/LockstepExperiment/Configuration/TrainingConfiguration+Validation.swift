import LockstepConfiguration
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks

extension TrainingConfiguration {
    /// Checks everything that does not depend on ranks and data.
    ///
    /// - Parameter locations: the positions of the values; empty for a configuration made in code.
    /// - Throws: `ConfigurationError` for the first value that is illegal or in conflict with another.
    public func validate(at locations: ConfigurationLocations = .init()) throws {
        // Check ranges for configurations made in code; those of a run file were checked when it was read.
        _ = try yaml()
        try Self.check(model, at: locations, "model")
        try Self.check(data, at: locations, "data")
        if let task { try Self.check(task, at: locations, "task") }
        if let loss { try Self.check(loss, at: locations, "loss") }
        try Self.check(optimizer, at: locations, "optimizer")
        try Self.check(schedule, at: locations, "schedule")
        try validateTrackers(at: locations)
        guard !model.seesAhead || taskName != LanguageModeling.Configuration.name else {
            throw locations.error(
                .conflict, "model.\(model.name).bidirectional",
                "a network that reads a text from both ends sees the bytes that it is to predict; leave it out"
            )
        }
        try validateLayout(at: locations)
        try validateLoss(at: locations)
        guard epochs != nil || maxSteps != nil else {
            let path = locations["epochs"] == .unwritten ? "max_steps" : "epochs"
            throw locations.error(
                .missingKey, locations[path] == .unwritten ? "" : path,
                "the length of the run is missing; give epochs, max_steps, or both (the first to be reached ends it)"
            )
        }
        if let shards {
            try validate(shards: shards, at: locations)
        }
        guard !checkpoint.keepBest || data.hasValidation else {
            throw locations.error(
                .conflict, "checkpoint.keep_best",
                "the best checkpoint is chosen by the validation split, and data has none; give data.\(data.name).validation"
            )
        }
        if let stride = evaluate.stride { try validate(stride: stride, at: locations) }
        if let earlyStopping {
            try validate(earlyStopping, at: locations)
        }
        try allreduce.validate(at: locations)
        try validateUpdates(at: locations)
    }

    /// The configuration for a number of ranks; `shards` is no longer nil.
    ///
    /// - Throws: `ConfigurationError` when there are more ranks than shards, or fewer samples in a step than
    ///   shards.
    public func resolved(ranks: Int, at locations: ConfigurationLocations = .init()) throws
        -> TrainingConfiguration
    {
        var resolved = self
        let count = shards ?? defaultShards
        resolved.shards = count
        guard ranks <= count else {
            let origin = shards == nil ? " (the default)" : ""
            throw locations.error(
                .conflict, "shards",
                "\(count) shards\(origin) cannot be spread over \(ranks) ranks; start at most \(count) ranks, or set shards "
                    + "to at least \(ranks) (which makes it another experiment: the bits depend on shards)")
        }
        try resolved.validate(shards: count, at: locations)
        return resolved
    }

    /// The default number of shards: 8, or `batch` if that is smaller.
    ///
    /// It does not depend on the number of ranks: neither do the bits, and a run can continue with any number
    /// of ranks.
    public var defaultShards: Int { min(8, batch) }

    /// Settings of the model that weights of a layout need, and that the file does not show.
    private func validateLayout(at locations: ConfigurationLocations) throws {
        let problem: String?
        switch initialize?.layout ?? .none {
        case .none: problem = nil
        case .huggingFaceGPT2:
            problem =
                (model as? GPTConfiguration)?.isGPT2 == true
                ? nil
                : "model: {gpt: {activation: gelu_tanh, layers: ..., width: ..., heads: ...}}, with the defaults of "
                    + "positions, norm, kv_heads and bias"
        case .torchvisionResNet:
            problem =
                (model as? ResNetConfiguration)?.stem == .conv7Pool
                ? nil : "model: {resnet: {stem: conv7_pool, width: 64, blocks: ..., block: ...}}"
        }
        guard let problem else { return }
        throw locations.error(
            .conflict, "initialize.layout",
            "weights of this layout are for another network; set \(problem)")
    }

    /// Checks for conflicts among the ways in which hosts share the update.
    private func validateUpdates(at locations: ConfigurationLocations) throws {
        if localSGD != nil {
            guard !shardOptimizer else {
                throw locations.error(
                    .conflict, "shard_optimizer",
                    "with local_sgd every host updates all parameters; leave one of the two out")
            }
            guard allreduce.compression == .none, allreduce.algorithm != .mpi else {
                throw locations.error(
                    .conflict, "local_sgd",
                    "hosts exchange parameters, not gradients: allreduce.compression and allreduce.algorithm: mpi do not fit it"
                )
            }
        }
        try validateLayerwise(optimizer, "optimizer", at: locations)
        for (index, phase) in phases.enumerated() {
            if let own = phase.optimizer {
                try validateLayerwise(own, "phases[\(index)].optimizer", at: locations)
            }
        }
        guard shardOptimizer else { return }
        if case .topK = allreduce.compression {
            throw locations.error(
                .conflict, "shard_optimizer",
                "does not go with allreduce.compression: top_k; use bf16 or none")
        }
        if allreduce.algorithm == .mpi {
            throw locations.error(
                .conflict, "shard_optimizer",
                "needs sums in parts, which MPI_Allreduce does not make; leave allreduce.algorithm at auto")
        }
    }

    /// Two trackers of one kind would write each record twice.
    private func validateTrackers(at locations: ConfigurationLocations) throws {
        let names = trackers.map { type(of: $0).name }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw locations.error(
                .conflict, "trackers[\(index)]", "is the second \(name): each tracker can be named once")
        }
    }

    /// An optimizer that needs the norms of whole parameters, where hosts have parts of them only.
    private func validateLayerwise(
        _ component: any OptimizerComponent, _ key: String, at locations: ConfigurationLocations
    ) throws {
        guard component.make() is any LayerwiseOptimizer else { return }
        let path = "\(key).\(type(of: component).name)"
        if shardOptimizer {
            throw locations.error(
                .conflict, path,
                "needs the norms of whole parameters, and with shard_optimizer hosts have parts of them only; leave shard_optimizer out"
            )
        }
        if case .topK = allreduce.compression {
            throw locations.error(
                .conflict, path,
                "needs the norms of whole parameters, and with allreduce.compression: top_k hosts have parts of "
                    + "the gradients only; use bf16 or none"
            )
        }
    }

    /// The name of the task; nil if it depends on the opened data.
    private var taskName: String? {
        task.map { type(of: $0).name } ?? data.taskName
    }

    /// Checks that the loss fits the data.
    private func validateLoss(at locations: ConfigurationLocations) throws {
        guard let loss, let taskName else { return }
        let kind = type(of: loss)
        if taskName == LanguageModeling.Configuration.name {
            guard let options = loss as? CrossEntropyConfiguration else {
                throw locations.error(
                    .conflict, "loss.\(kind.name)",
                    "does not fit a text, whose tokens are predicted by cross_entropy")
            }
            guard options.classWeights == .none else {
                throw locations.error(
                    .conflict, "loss.cross_entropy.class_weights", "is for classes, and the data are a text")
            }
            return
        }
        let areClasses = [Classification.Configuration.name, BinaryClassification.Configuration.name]
            .contains(taskName)
        guard areClasses || taskName == Regression.Configuration.name, areClasses != kind.isForClasses else {
            return
        }
        throw locations.error(
            .conflict, "loss.\(kind.name)",
            "is for \(kind.isForClasses ? "classification" : "regression"), and the data are for \(taskName)")
    }

    private func validate(stride: Int, at locations: ConfigurationLocations) throws {
        guard let context = data.context else {
            throw locations.error(
                .conflict, "evaluate.stride",
                "is for texts, whose windows can overlap, and the data are \(data.name); remove it")
        }
        guard 1...context ~= stride else {
            throw locations.error(
                .illegalValue, "evaluate.stride",
                "must be a whole number from 1 to data.\(data.name).context = \(context); got \(stride)")
        }
    }

    /// Turns a component's error into one with the path and the line.
    private static func check(
        _ component: any Component, at locations: ConfigurationLocations, _ key: String
    ) throws {
        do {
            try component.check()
        } catch {
            throw locations.error(.illegalValue, "\(key).\(error.inside(component.name).path)", error.problem)
        }
    }

    private func validate(shards count: Int, at locations: ConfigurationLocations) throws {
        guard batch >= count else {
            throw locations.error(
                .conflict, "batch",
                "\(batch) samples cannot fill \(count) shards; set batch to at least \(count), or shards to at "
                    + "most \(batch)")
        }
    }

    private func validate(
        _ earlyStopping: EarlyStoppingConfiguration, at locations: ConfigurationLocations
    ) throws {
        if let metricNames { try requireWatched(in: metricNames, at: locations) }
        guard data.hasValidation else {
            throw locations.error(
                .conflict, "early_stopping",
                "it watches the validation split, and data has none; give data.\(data.name).validation, such as 0.1"
            )
        }
        guard evaluate.everyEpochs != nil || evaluate.everySteps != nil else {
            throw locations.error(
                .conflict, "evaluate",
                "early_stopping needs evaluations, and this switches them off; give every_epochs or every_steps"
            )
        }
    }

}
