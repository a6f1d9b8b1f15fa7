import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

private let plain = [
    "model: {mlp: {hidden: [8]}}", "data: {fashion_mnist: {validation: 0.1}}", "batch: 16", "epochs: 1",
    "optimizer: adam",
]

/// The message for a run file in which lines of the plain one are replaced, or to which others are added.
private func refusal(_ lines: [String], set overrides: [String] = []) -> String {
    var file = plain
    for line in lines {
        let key = line.prefix { $0 != ":" }
        if let index = file.firstIndex(where: { $0.hasPrefix("\(key):") }) {
            file[index] = line
        } else {
            file.append(line)
        }
    }
    do {
        let read = try RunFile(yaml: file.joined(separator: "\n"), file: "run.yaml", overrides: overrides)
        return "accepted: \(read.configuration)"
    } catch {
        return "\(error)"
    }
}

@Suite struct TrainingConfigurationErrorTests {
    @Test(arguments: [
        ("batchs: 16", "run.yaml:6: batchs: unknown key; did you mean 'batch'? the command `keys` lists all"),
        (
            "model: {lstm: {bidirectional: maybe}}",
            "run.yaml:1: model.lstm.bidirectional: must be true or false; got maybe"
        ),
        (
            "optimizer: {lamb: {}}\nshard_optimizer: true",
            "run.yaml:5: optimizer.lamb: needs the norms of whole parameters, and with shard_optimizer hosts "
                + "have parts of them only; leave shard_optimizer out"
        ),
        (
            "optimizer: {lars: {}}\nallreduce: {compression: {top_k: 0.1}}",
            "run.yaml:5: optimizer.lars: needs the norms of whole parameters, and with allreduce.compression: "
                + "top_k hosts have parts of the gradients only; use bf16 or none"
        ),
        (
            "trackers: [csv, csv]",
            "run.yaml:6: trackers[1]: is the second csv: each tracker can be named once"
        ),
        (
            "decay: {bias: false}",
            "run.yaml:6: decay.bias: unknown key; did you mean 'biases'? the command `keys` lists all"
        ),
        (
            "evaluate: {stride: 4}",
            "run.yaml:6: evaluate.stride: is for texts, whose windows can overlap, and the data are fashion_mnist; remove it"
        ),
        (
            "learning_rate: 1",
            "run.yaml:6: learning_rate: unknown key; it belongs under another key: "
                + "'optimizer.adam.learning_rate'; the command `keys` lists all"
        ),
        (
            "model: {mpl: {}}",
            "run.yaml:1: model.mpl: unknown; it must be one of mlp, cnn, resnet, mobilenet, gpt, rnn, lstm, gru, none; did you mean 'mlp'?"
        ),
        (
            "model: {mlp: {hiden: [1]}}",
            "run.yaml:1: model.mlp.hiden: unknown key; did you mean 'hidden'? the command `keys` lists all"
        ),
        (
            "model: {mlp: {hidden: [8, -1]}}",
            "run.yaml:1: model.mlp.hidden[1]: must be a whole number from 1 to 1048576; got -1"
        ),
        (
            "model: {mlp: {hidden: 8}}",
            "run.yaml:1: model.mlp.hidden: must be a list of whole numbers from 1 to 1048576, such as [a, b]; got 8"
        ),
        (
            "model: {mlp: {dropout: 1}}",
            "run.yaml:1: model.mlp.dropout: must be a number from 0 to 0.9999999; got 1"
        ),
        (
            "model: {mlp: {activation: rleu}}",
            "run.yaml:1: model.mlp.activation: must be one of relu, leaky_relu, sigmoid, tanh, gelu; got rleu; did you mean 'relu'?"
        ),
        (
            "model: {resnet: {depth: 9}}",
            "run.yaml:1: model.resnet.depth: must be 6n + 2 for a whole n from 1 to 200 (8, 14, 20, 26, 32, "
                + "...); got 9, the nearest are 8 and 14"
        ),
        (
            "model: {cnn: {stages: [{kernel: 3}]}}",
            "run.yaml:1: model.cnn.stages[0].channels: is missing; it must be a whole number from 1 to 65536"
        ),
        (
            "model: {cnn: {stages: [{channels: 3, kernel: 4}]}}",
            "run.yaml:1: model.cnn.stages[0].kernel: must be an odd number from 1 to 31, so that images keep their size; got 4"
        ),
        (
            "model: {cnn: {stages: []}}",
            "run.yaml:1: model.cnn.stages: must be a list of at least one stage, such as {channels: 32}"
        ),
        (
            "model: {cnn: {stages: 8}}",
            "run.yaml:1: model.cnn.stages: must be a list of maps, such as [{...}, {...}]; got 8"
        ),
        ("model: {cnn: {stages: [8]}}", "run.yaml:1: model.cnn.stages[0]: must be a map of keys; got 8"),
        ("batch: 0", "run.yaml:3: batch: must be a whole number from 1 to 1000000000; got 0"),
        (
            "batch: 3\nshards: 4",
            "run.yaml:3: batch: 3 samples cannot fill 4 shards; set batch to at least 4, or shards to at most 3"
        ),
        ("shards: 0", "run.yaml:6: shards: must be a whole number from 1 to 65536; got 0"),
        (
            "epochs: none",
            "run.yaml:4: epochs: the length of the run is missing; give epochs, max_steps, or both (the first to be reached ends it)"
        ),
        ("epochs: -1", "run.yaml:4: epochs: must be a whole number from 1 to 1000000000; got -1"),
        (
            "optimizer: {adam: {learning_rate: -1}}",
            "run.yaml:5: optimizer.adam.learning_rate: must be a number from 0 to 1e+30; got -1"
        ),
        (
            "optimizer: {sgd: {nesterov: true}}",
            "run.yaml:5: optimizer.sgd.momentum: must be above 0 where nesterov is true; got 0"
        ),
        (
            "optimizer: {adam: {lr: 1}}",
            "run.yaml:5: optimizer.adam.lr: unknown key; did you mean 'learning_rate'? the command `keys` lists all"
        ),
        (
            "schedule: {step: {}}",
            "run.yaml:6: schedule.step.every: is missing; it must be a whole number from 1 to 1000000000000"
        ),
        (
            "schedule: {cosine: {warmup_steps: -1}}",
            "run.yaml:6: schedule.cosine.warmup_steps: must be a whole number from 0 to 1000000000000; got -1"
        ),
        ("clip: {norm: 0}", "run.yaml:6: clip.norm: must be a number from 1e-30 to 1e+30; got 0"),
        ("clip: 1.0", "run.yaml:6: clip: must be one of none, norm, value; got 1.0"),
        (
            "loss: {huber: {delta: 0}}",
            "run.yaml:6: loss.huber.delta: must be a number from 1e-18 to 1e+18; got 0"
        ),
        (
            "loss: {cross_entropy: {class_weights: equal}}",
            "run.yaml:6: loss.cross_entropy.class_weights: must be one of none, balanced, or a list of weights from 0 to 1e+30; got equal"
        ),
        (
            "loss: {cross_entropy: {class_weights: [1, -1]}}",
            "run.yaml:6: loss.cross_entropy.class_weights[1]: must be a number from 0 to 1e+30; got -1"
        ),
        (
            "early_stopping: {metric: test_loss}",
            "run.yaml:6: early_stopping.metric: must be one of validation_loss, validation_accuracy, "
                + "validation_top_5_accuracy, validation_macro_precision, validation_macro_recall, "
                + "validation_macro_f1, validation_roc_auc; got test_loss; the test set never steers a run"
        ),
        (
            "early_stopping: {patience: 0}",
            "run.yaml:6: early_stopping.patience: must be a whole number from 1 to 1000000000; got 0"
        ),
        (
            "early_stopping: {}\nevaluate: {every_epochs: none}",
            "run.yaml:7: evaluate: early_stopping needs evaluations, and this switches them off; give every_epochs or every_steps"
        ),
        (
            "early_stopping: {metric: valid_loss}",
            "run.yaml:6: early_stopping.metric: must be one of validation_loss, validation_accuracy, "
                + "validation_top_5_accuracy, validation_macro_precision, validation_macro_recall, "
                + "validation_macro_f1, validation_roc_auc; got valid_loss; did you mean 'validation_loss'?"
        ),
        (
            "early_stopping: {}\ndata: fashion_mnist",
            "run.yaml:6: early_stopping: it watches the validation split, and data has none; give "
                + "data.fashion_mnist.validation, such as 0.1"
        ),
        (
            "checkpoint: {keep_best: true}\ndata: fashion_mnist",
            "run.yaml:6: checkpoint.keep_best: the best checkpoint is chosen by the validation split, and data "
                + "has none; give data.fashion_mnist.validation"
        ),
        (
            "loss: mean_squared_error",
            "run.yaml:6: loss.mean_squared_error: is for regression, and the data are for classification"
        ),
        ("seed: -1", "run.yaml:6: seed: must be a whole number from 0 to 18446744073709551615; got -1"),
    ])
    func impossibleValues(_ lines: String, _ message: String) {
        #expect(refusal(lines.split(separator: "\n").map(String.init)) == message)
    }

    @Test func missingKeys() {
        func message(_ yaml: String) -> String {
            do {
                return "accepted: \(try RunFile(yaml: yaml, file: "run.yaml").configuration)"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            message("batch: 1")
                == "run.yaml: model: is missing; it must be one of mlp, cnn, resnet, mobilenet, gpt, rnn, lstm, gru, none"
        )
        #expect(
            message("modle: mlp")
                == "run.yaml:1: modle: unknown key; did you mean 'model'? the command `keys` lists all")
        #expect(
            message(plain.dropLast().joined(separator: "\n")).hasPrefix(
                "run.yaml: optimizer: is missing; it must be one of sgd, "))
        #expect(
            message((plain[0...2] + plain[4...]).joined(separator: "\n"))
                == "run.yaml: the length of the run is missing; give epochs, max_steps, or both (the first to be reached ends it)"
        )
    }

    @Test(arguments: [
        (
            "optimizer.adam.learnin_rate=1",
            "--set optimizer.adam.learnin_rate=1: optimizer.adam.learnin_rate: unknown key; did you mean "
                + "'learning_rate'? the command `keys` lists all"
        ),
        (
            "model.resnet.depth=7",
            "--set model.resnet.depth=7: model.resnet.depth: must be a whole number from 8 to 1202; got 7"
        ),
        (
            "shards=32",
            "run.yaml:3: batch: 16 samples cannot fill 32 shards; set batch to at least 32, or shards to at most 16"
        ),
        (
            "max_steps=0",
            "--set max_steps=0: max_steps: must be a whole number from 1 to 1000000000000; got 0"
        ),
    ])
    func overrides(_ override: String, _ message: String) {
        #expect(refusal([], set: [override]) == message)
    }

    /// The bits depend on shards: so the default must not depend on ranks.
    @Test(arguments: [1, 4, 5, 8])
    func defaultShards(_ ranks: Int) throws {
        let configuration = try RunFile(yaml: plain.joined(separator: "\n")).configuration
        #expect(try configuration.resolved(ranks: ranks).shards == 8)
    }

    @Test func ranksAndShards() throws {
        let file = try RunFile(yaml: (plain + ["shards: 3"]).joined(separator: "\n"), file: "run.yaml")
        #expect(try file.configuration.resolved(ranks: 3).shards == 3)
        let error = #expect(throws: ConfigurationError.self) {
            try file.configuration.resolved(ranks: 4, at: file.locations)
        }
        #expect(
            error?.description
                == "run.yaml:6: shards: 3 shards cannot be spread over 4 ranks; start at most 3 ranks, or set shards to at "
                + "least 4 (which makes it another experiment: the bits depend on shards)")
        let small = try RunFile(
            yaml: plain.joined(separator: "\n"), file: "run.yaml", overrides: ["batch=7"])
        #expect(try small.configuration.resolved(ranks: 4).shards == 7)
        let conflict = #expect(throws: ConfigurationError.self) {
            try small.configuration.resolved(ranks: 9, at: small.locations)
        }
        #expect(
            conflict?.description.hasSuffix(
                "shards: 7 shards (the default) cannot be spread over 9 ranks; start at most 7 ranks, or set shards to at "
                    + "least 9 (which makes it another experiment: the bits depend on shards)") == true)
    }

    /// What a text allows, and what it does not.
    @Test func texts() {
        let text = "data: {text: {path: a.txt, context: 32, validation: 0.1}}"
        for cell in ["lstm", "gru", "rnn"] {
            #expect(
                refusal(["model: {\(cell): {bidirectional: true}}", text])
                    == "run.yaml:1: model.\(cell).bidirectional: a network that reads a text from both ends "
                    + "sees the bytes that it is to predict; leave it out"
            )
            #expect(refusal(["model: {\(cell): {bidirectional: false}}", text]).hasPrefix("accepted"))
        }
        #expect(
            refusal(["model: {gpt: {width: 12, heads: 4, positions: rotary}}", text])
                == "run.yaml:1: model.gpt.positions: rotary rotates pairs of numbers and needs an even width of each head; "
                + "4 heads of a width of 12 have 3 numbers each")
        #expect(
            refusal(["model: {gpt: {heads: 4, kv_heads: 3}}", text])
                == "run.yaml:1: model.gpt.kv_heads: must divide heads, so that each serves as many heads of queries; "
                + "3 do not divide 4")
        #expect(refusal(["model: {gpt: {heads: 4, kv_heads: 2}}", text]).hasPrefix("accepted"))
        #expect(refusal(["model: gpt", text, "evaluate: {stride: 32}"]).hasPrefix("accepted"))
        #expect(
            refusal(["model: gpt", text, "evaluate: {stride: 33}"])
                == "run.yaml:6: evaluate.stride: must be a whole number from 1 to data.text.context = 32; got 33"
        )
        #expect(
            refusal(["model: gpt", text, "evaluate: {stride: 0}"])
                .hasPrefix("run.yaml:6: evaluate.stride: must be a whole number from 1 to 65536; got 0"))
    }

    /// Short and long names of a metric suggest each other, with or without the set.
    @Test(arguments: [
        ("validation_mae", "mean_absolute_error"), ("mae", "mean_absolute_error"),
        ("val_rmse", "root_mean_squared_error"), ("valid_loss", "loss"), ("validation_R2", "r2"),
        ("validation_mean_absolut_error", "mean_absolute_error"),
    ])
    func metricsThatAreMeant(_ metric: String, _ meant: String) {
        let message = refusal([
            "data: {csv: {train: x.csv, target: y, task: regression, validation: 0.1}}",
            "early_stopping: {metric: \(metric)}",
        ])
        #expect(message.hasSuffix("; got \(metric); did you mean 'validation_\(meant)'?"), "\(message)")
    }
}
