import LockstepConfiguration
import LockstepExperiment
import LockstepModels
import LockstepOptimizers
import LockstepTraining
import Testing

/// The smallest run file, with room for more lines; its own lines are 1 to 5.
private func runFile(_ more: String = "", without key: String? = nil) -> String {
    let lines = [
        "model: {mlp: {hidden: [8]}}", "data: {fashion_mnist: {validation: 0.1}}", "batch: 16", "epochs: 1",
        "optimizer: adam",
    ]
    return lines.filter { line in key.map { !line.hasPrefix($0) } ?? true }.joined(separator: "\n") + "\n"
        + more
}

private func configuration(_ more: String, without key: String? = nil) throws -> TrainingConfiguration {
    try RunFile(yaml: runFile(more, without: key), file: "run.yaml").configuration
}

private func refusal(_ more: String, without key: String? = nil, set overrides: [String] = []) -> String {
    do {
        let file = try RunFile(yaml: runFile(more, without: key), file: "run.yaml", overrides: overrides)
        return "accepted: \(file.configuration)"
    } catch {
        return "\(error)"
    }
}

@Suite struct TrainingConfigurationTests {
    @Test func defaults() throws {
        let configuration = try configuration("")
        #expect(configuration.model.isSame(as: MLPConfiguration(hidden: [8])))
        #expect(configuration.optimizer.isSame(as: Adam.Configuration()))
        #expect(configuration.schedule.isSame(as: ConstantSchedule()))
        #expect(configuration.clip == .none)
        #expect(configuration.loss == nil && configuration.task == nil)
        #expect(configuration.shards == nil)
        #expect(configuration.evaluate == EvaluationConfiguration(everyEpochs: 1))
        #expect(configuration.earlyStopping == nil)
        #expect(configuration.checkpoint == CheckpointConfiguration(everyEpochs: 1, keep: 3))
        #expect(
            configuration
                == TrainingConfiguration(
                    model: configuration.model, data: configuration.data, batch: 16,
                    optimizer: configuration.optimizer,
                    epochs: 1))
    }

    @Test func models() throws {
        func model(_ text: String) throws -> any ModelComponent {
            try configuration("model: \(text)", without: "model").model
        }
        #expect(try model("mlp").isSame(as: MLPConfiguration()))
        #expect(
            try model("{mlp: {hidden: [3], activation: tanh, dropout: 0.5, batch_norm: true}}")
                .isSame(
                    as: MLPConfiguration(
                        hidden: [3], activation: .tanh, dropout: 0.5, batchNormalization: true,
                        initializer: .xavierUniform)))
        #expect(
            try model(
                "{cnn: {stages: [{channels: 8}, {channels: 4, kernel: 5, layers: 2, pool: none, batch_norm: true}]}}"
            )
            .isSame(
                as:
                    CNNConfiguration(stages: [
                        .init(channels: 8),
                        .init(channels: 4, kernel: 5, layers: 2, pool: .none, batchNormalization: true),
                    ])))
        #expect(
            try model("{resnet: {depth: 8, initializer: he_uniform}}")
                .isSame(as: ResNetConfiguration(depth: 8, initializer: .heUniform)))
        #expect(
            try model("{mobilenet: {width: 0.5, stages: [{channels: 8, stride: 2}]}}")
                .isSame(as: MobileNetConfiguration(width: 0.5, stages: [.init(channels: 8, stride: 2)])))
    }

    @Test func optimizersAndSchedules() throws {
        #expect(
            try configuration(
                "optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9, nesterov: true}}", without: "optimizer"
            )
            .optimizer.isSame(as: SGD.Configuration(learningRate: 0.1, momentum: 0.9, nesterov: true)))
        #expect(
            try configuration("optimizer: adamw", without: "optimizer").optimizer
                .isSame(as: AdamW.Configuration()))
        #expect(
            try configuration("schedule: {cosine: {warmup_steps: 200}}").schedule
                .isSame(as: CosineSchedule { $0.warmup.steps = 200 }))
        #expect(
            try configuration("schedule: {one_cycle: {peak: 2}}").schedule
                .isSame(as: OneCycleSchedule { $0.peak = 2 }))
        #expect(try configuration("clip: {norm: 2}").clip == .norm(2))
        #expect(try configuration("clip: {value: 0.5}").clip == .value(0.5))
    }

    /// One run file for every choice there is.
    @Test(arguments: [
        "", "shards: 8\nthreads: 2\nmax_steps: 7\nseed: 12345678901\nlog_every_steps: 1\nprefetch: 3",
        "evaluation_block: 64\ntime_limit: 1h\nallreduce: {shared_memory: false}\nl1: 1e-5\nl2: 0.25",
        "loss: binary_cross_entropy",
        "loss: {cross_entropy: {label_smoothing: 0.1, class_weights: balanced}}",
        "loss: {cross_entropy: {class_weights: [1, 0.5, 2]}}", "loss: {cross_entropy: {class_weights: none}}",
        "evaluate: {every_steps: 5}", "evaluate: {every_steps: 5, every_epochs: 2}",
        "evaluate: {every_epochs: none}", "evaluate: {stride: auto}",
        "checkpoint: {every_steps: 50, keep: none}",
        "checkpoint: {every_epochs: 2, keep_best: true}", "early_stopping: {}",
        "early_stopping: {metric: validation_accuracy, patience: 5, min_delta: 0.001}",
        "early_stopping: {mode: max}", "clip: {norm: 1}", "clip: {value: 1}", "clip: none",
        "schedule: {constant: {warmup_steps: 3, warmup_start: 0}}", "schedule: {step: {every: 10}}",
        "schedule: {milestones: {milestones: [3, 9], factor: 0.5}}", "schedule: {exponential: {decay: 0.99}}",
        "schedule: {polynomial: {power: 2, final: 0.1}}", "schedule: {cosine: {final: 0.1}}",
        "schedule: one_cycle", "initialize: {from: runs/a}",
        "learning_rate_factors: {hidden: 0.1, \"*.bias\": 2}",
        "initialize: {from: a.safetensors, map: {\"old.\": \"\", \"\": model.}, skip: [output], strict: false}",
    ])
    func effectiveConfigurationReadsBack(_ more: String) throws {
        let configuration = try configuration(more)
        let text = try configuration.yaml()
        let again = try RunFile(yaml: text, file: "config.yaml").configuration
        #expect(again == configuration)
        #expect(try again.yaml() == text)
    }

    @Test(arguments: [
        "model: mlp", "model: cnn", "model: {cnn: {stages: [{channels: 4, pool: average}], dense: []}}",
        "model: resnet",
        "model: mobilenet", "optimizer: sgd", "optimizer: adamw", "optimizer: {rmsprop: {centered: true}}",
        "optimizer: {adagrad: {initial_accumulator: 0.1}}",
        "data: {csv: {train: a, target: b, task: regression}}\nloss: mean_squared_error",
        "data: {csv: {train: a, target: b, task: regression}}\nloss: {huber: {delta: 0.5}}",
    ])
    func effectiveChoicesReadBack(_ choice: String) throws {
        let key = String(choice.prefix { $0 != ":" })
        let configuration = try configuration(choice, without: key)
        #expect(try RunFile(yaml: configuration.yaml()).configuration == configuration)
    }

    @Test func configurationsMadeInCodeAreChecked() throws {
        var configuration = try configuration("")
        configuration.batch = -1
        let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(error?.description == "batch: must be a whole number from 1 to 1000000000; got -1")
        configuration.batch = 16
        configuration.model = ResNetConfiguration(depth: 9)
        let depth = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(depth?.description.hasPrefix("model.resnet.depth: must be 6n + 2") == true)
        configuration.model = GPTConfiguration(width: 0)
        let width = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(width?.description == "model.gpt.width: must be a whole number from 1 to 1048576; got 0")
        configuration.model = MLPConfiguration()
        configuration.clip = .norm(.nan)
        let clip = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        #expect(clip?.description == "clip.norm: must be a number from 1e-30 to 1e+30; got nan")
    }

    @Test func overridesReachEveryLevel() throws {
        let file = try RunFile(
            yaml: runFile(),
            overrides: [
                "optimizer.adam.learning_rate=0.01", "model.mlp.hidden=[4, 4]", "max_steps=300",
                "epochs=none",
                "checkpoint.every_steps=50", "schedule.cosine.warmup_steps=9", "clip.norm=3",
            ])
        #expect(file.configuration.optimizer.learningRate == 0.01)
        #expect(file.configuration.model.isSame(as: MLPConfiguration(hidden: [4, 4])))
        #expect(file.configuration.epochs == nil && file.configuration.maxSteps == 300)
        #expect(file.configuration.checkpoint == CheckpointConfiguration(everyEpochs: nil, everySteps: 50))
        #expect(file.configuration.schedule.warmup.steps == 9)
        #expect(file.configuration.clip == .norm(3))
    }
}
