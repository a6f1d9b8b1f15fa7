import LockstepConfiguration
import LockstepDatasets
import LockstepModels
import LockstepOptimizers
import LockstepTasks

extension TrainingConfiguration {
    /// The whole configuration as YAML, with every default: what `config.yaml` of a run directory holds. Reading it
    /// gives this configuration again.
    ///
    /// - Throws: `ConfigurationError` for a value that is not legal.
    public func yaml() throws -> String {
        let section = try ConfigurationSection(root: nil, file: nil)
        _ = try Self.read(section, self)
        return section.effective.yaml
    }

    /// Reads the top level of a run file; `value` has the defaults of a configuration that is written rather than read.
    package static func read(_ section: ConfigurationSection, _ value: Self?) throws -> Self {
        let model = try ModelConfiguration.read(section, "model", default: value?.model)
        let data = try DataConfiguration.read(section, "data", default: value?.data)
        let batch = try section.integer(
            "batch", "samples per step over all ranks; for a text, windows", default: value?.batch,
            .batch)
        let shards = try section.automaticInteger(
            "shards",
            "parts that a step is cut into, and the largest number of ranks; auto: 8, or batch where that is smaller",
            default: value?.shards, .within(1...65_536))
        let threads = try section.integer(
            "threads", "threads of each rank; belongs to the experiment, as shards do",
            default: value?.threads ?? 1, .within(1...1024))
        let precision = try section.word(
            "precision", "type of weights and activations; bf16 needs AVX-512 BF16",
            default: value?.precision ?? .float32)
        let epochs = try section.optionalInteger(
            "epochs",
            "passes over the training data; one of epochs and max_steps is needed, and what comes first ends the run",
            default: value?.epochs, .rounds)
        let maxSteps = try section.optionalInteger(
            "max_steps", "steps after which the run ends; see epochs", default: value?.maxSteps, .steps)
        let optimizer = try OptimizerConfiguration.read(section, "optimizer", default: value?.optimizer)
        let schedule = try ScheduleConfiguration.read(
            section, "schedule", default: value?.schedule ?? .init())
        let clip = try GradientClipping.read(section, "clip", default: value?.clip ?? .none)
        let l1 = try section.double(
            "l1", "weight of the sum of absolute parameters in the loss", default: value?.l1 ?? 0, .weight)
        let l2 = try section.double(
            "l2", "weight of half the sum of squared parameters in the loss", default: value?.l2 ?? 0,
            .weight)
        let loss = try LossConfiguration.read(section, "loss", default: value?.loss ?? .automatic)
        let evaluate = try section.section("evaluate") {
            try EvaluationConfiguration.read($0, value?.evaluate)
        }
        let earlyStopping = try section.optionalSection(
            "early_stopping", "ends the run when the validation split no longer gets better",
            default: value?.earlyStopping, EarlyStoppingConfiguration.read)
        let checkpoint = try section.section("checkpoint") {
            try CheckpointConfiguration.read($0, value?.checkpoint)
        }
        let seed = try section.seed("seed", "source of all random draws", default: value?.seed ?? 1)
        return TrainingConfiguration(
            model: model, data: data, batch: batch, optimizer: optimizer, shards: shards, threads: threads,
            precision: precision, epochs: epochs, maxSteps: maxSteps, schedule: schedule, clip: clip, l1: l1,
            l2: l2, loss: loss,
            evaluate: evaluate, earlyStopping: earlyStopping, checkpoint: checkpoint, seed: seed,
            logEverySteps: try section.integer(
                "log_every_steps", "a line of the log after every this many steps",
                default: value?.logEverySteps ?? 10, .steps),
            prefetch: try section.integer(
                "prefetch", "batches that are prepared ahead", default: value?.prefetch ?? 2, .within(1...64)),
            loaderThreads: try section.integer(
                "loader_threads", "threads of each rank that prepare batches",
                default: value?.loaderThreads ?? 1,
                .within(1...256)),
            evaluationBlock: try section.integer(
                "evaluation_block",
                "samples evaluated at once; for a text, windows, by default of 4096 bytes together",
                default: value?.evaluationBlock ?? data.usualEvaluationBlock,
                .within(1...1_000_000)),
            timeLimit: try section.optionalDuration(
                "time_limit",
                "ends the run after this time, with a checkpoint; it counts from the first step, with evaluations and checkpoints, and anew after a resume",
                default: value?.timeLimit),
            allreduce: try section.section("allreduce") {
                try AllreduceConfiguration.read($0, value?.allreduce)
            },
            localSGD: try section.optionalSection(
                "local_sgd", "hosts update on their own and average their parameters from time to time",
                default: value?.localSGD, LocalSGDConfiguration.read),
            shardOptimizer: try section.boolean(
                "shard_optimizer",
                "each host keeps the optimizer state of its part of the parameters only; the bits are the same",
                default: value?.shardOptimizer ?? false))
    }
}
