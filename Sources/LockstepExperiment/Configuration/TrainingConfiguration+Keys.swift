import LockstepAutograd
import LockstepConfiguration
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks
import LockstepTrackers

extension TrainingConfiguration: Equatable {
    /// The keys of the top level of a run file, with the components of a registry.
    static func keys(_ registry: Registry) -> KeyTable<Self> {
        KeyTable(
            defaults: Self(
                model: MLPConfiguration(), data: DataConfiguration.Synthetic(), batch: 1,
                optimizer: SGD.Configuration()
            ),
            .component(
                "model", \.model, of: registry.models,
                "architecture of the network", default: .required),
            .component(
                "data", \.data, of: registry.data, "the data set",
                default: .required),
            .integer(
                "batch", \.batch, .batch, "samples per step over all ranks; for a text, windows",
                default: .required),
            .optionalInteger(
                "shards", \.shards, .shards,
                "parts that a step is cut into, and the largest number of ranks; auto: 8, or batch where that is smaller",
                absent: "auto"),
            .integer(
                "threads", \.threads, .threads,
                "threads of each rank; belongs to the experiment, as shards do"),
            .word(
                "precision", \.precision, "type of weights and activations; bf16 needs AVX-512 BF16"),
            .optionalInteger(
                "epochs", \.epochs, .rounds,
                "passes over the training data; one of epochs and max_steps is needed, and what comes first ends the run"
            ),
            .optionalInteger("max_steps", \.maxSteps, .steps, "steps after which the run ends; see epochs"),
            .component(
                "optimizer", \.optimizer, of: registry.optimizers, "optimizer", default: .required),
            .component(
                "schedule", \.schedule, of: registry.schedules, "learning-rate schedule"),
            .choice("clip", \.clip, "bound on the averaged gradient"),
            .section("decay", \.decay),
            .number("l1", \.l1, .weight, "weight of the sum of absolute parameters in the loss"),
            .number("l2", \.l2, .weight, "weight of half the sum of squared parameters in the loss"),
            .optionalComponent(
                "task", \.task, of: registry.tasks,
                "what is learned; auto: what data and loss decide", absent: "auto"),
            .optionalComponent(
                "loss", \.loss, of: registry.losses,
                "the loss to minimize; auto: cross-entropy of classes, mean squared error of numbers",
                absent: "auto"),
            .sections(
                "phases", \.phases, PhaseConfiguration.keys(registry),
                "settings of phases that differ from the run: name, and steps, optimizer, schedule, clip"
            ),
            .optionalSection(
                "initialize", \.initialize,
                "weights that a new run starts from instead of random ones; a resumed run does not read them"),
            .optionalSection("freeze", \.freeze, "parameters that are not trained"),
            .numberPairs(
                "learning_rate_factors", \.learningRateFactors, .above(0, upTo: 1e6),
                "factors on the learning rate of parameters, by names as under freeze; the first that fits a parameter counts",
                example: "{hidden: 0.1, \"*.bias\": 2}",
                advice: "to leave parameters as they are, name them under freeze.parameters"),
            .optionalSection(
                "average", \.average,
                "a moving average of the parameters, which evaluations and predictions use instead of them"),
            .section("evaluate", \.evaluate),
            .optionalSection(
                "early_stopping", \.earlyStopping,
                "ends the run when the validation split no longer improves"),
            .section("checkpoint", \.checkpoint), .seed("seed", \.seed, "source of all random draws"),
            .integer(
                "log_every_steps", \.logEverySteps, .steps, "a line of the log after every this many steps"),
            .components(
                "trackers", \.trackers, of: registry.trackers,
                "other programs' formats that the run is logged in, too"),
            .integer("prefetch", \.prefetch, .prefetch, "batches to prepare ahead"),
            .integer(
                "loader_threads", \.loaderThreads, .loaderThreads, "threads of each rank that prepare batches"
            ),
            .integer(
                "evaluation_block", \.evaluationBlock, .evaluationBlock,
                "samples evaluated at once; for a text, windows, by default of 4096 bytes or 1024 tokens together",
                default: .following { $0.data.evaluationBlock }),
            .optionalDuration(
                "time_limit", \.timeLimit,
                "ends the run after this time, with a checkpoint; it counts from the first step, with "
                    + "evaluations and checkpoints, and anew after a resume"
            ),
            .section("allreduce", \.allreduce),
            .optionalSection(
                "local_sgd", \.localSGD,
                "hosts update separately and average their parameters at an interval"),
            .flag(
                "shard_optimizer", \.shardOptimizer,
                "each host keeps the optimizer state of its part of the parameters only; the bits are the same"
            ))
    }

    /// Reads the top level of a run file; `value` has the defaults if a configuration is written rather than
    /// read.
    package static func read(_ section: ConfigurationSection, _ value: Self?, _ registry: Registry) throws
        -> Self
    {
        var configuration = try keys(registry).read(section, value)
        configuration.useTaskOfData(registry)
        return configuration
    }

    /// Names the task of a data set that is made for one, unless the run file names another. Data of the
    /// built-in kinds and the loss decide later, when the fields of the samples are known.
    private mutating func useTaskOfData(_ registry: Registry) {
        guard task == nil, let name = data.taskName,
            !Registry.standard.tasks.contains(where: { $0.name == name })
        else { return }
        task = registry.tasks.first { $0.name == name }?.init()
    }

    /// The whole configuration as YAML, with every default, as in `config.yaml` of a run directory. Reading
    /// it gives this configuration again, if the registry has its components.
    ///
    /// - Throws: `ConfigurationError` for a value out of range.
    public func yaml() throws -> String { try Self.keys(Registry()).effective(self).yaml }

    /// Whether two configurations have the same text. One with a value out of range equals no other.
    public static func == (one: Self, other: Self) -> Bool {
        guard let text = try? one.yaml() else { return false }
        return text == (try? other.yaml())
    }
}

extension ConfigurationReference {
    /// The keys of a run file, with the components of a registry.
    public static func runFile(_ registry: Registry = .standard) throws -> Self {
        try Self { _ = try TrainingConfiguration.read($0, nil, registry) }
    }
}

extension LegalRange<Int> {
    fileprivate static var shards: Self { .within(1...65_536) }
    fileprivate static var threads: Self { .within(1...1024) }
    fileprivate static var prefetch: Self { .within(1...64) }
    fileprivate static var loaderThreads: Self { .within(1...256) }
    fileprivate static var evaluationBlock: Self { .within(1...1_000_000) }
}
