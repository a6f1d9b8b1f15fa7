import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

/// Keys of other programs, and short forms: the message names the key that is meant.
@Suite struct MisspeltKeyTests {
    private static let file = """
        model: {mlp: {hidden: [8]}}
        data: {synthetic: {samples: 32}}
        batch: 16
        max_steps: 2
        optimizer: {adam: {learning_rate: 0.1}}

        """

    private func problem(_ yaml: String, _ overrides: [String] = []) -> String {
        do {
            _ = try RunFile(yaml: yaml, overrides: overrides)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("batch: 16", "batch_size: 128", "batch_size: unknown key; did you mean 'batch'?"),
        ("optimizer: {adam", "optim: {adam", "optim: unknown key; did you mean 'optimizer'?"),
        ("data: {", "dataset: {", "dataset: unknown key; did you mean 'data'?"),
        ("max_steps: 2", "n_epochs: 2", "n_epochs: unknown key; did you mean 'epochs'?"),
        ("{learning_rate", "{lr", "optimizer.adam.lr: unknown key; did you mean 'learning_rate'?"),
        ("{learning_rate", "{wd", "optimizer.adam.wd: unknown key; did you mean 'weight_decay'?"),
        ("{learning_rate", "{eps", "optimizer.adam.eps: unknown key; did you mean 'epsilon'?"),
        (
            "max_steps: 2", "max_steps: 2\nlr: 0.1",
            "lr: unknown key; did you mean 'optimizer.adam.learning_rate'?"
        ),
        ("max_steps: 2", "max_steps: 2\nrandom_seed: 1", "random_seed: unknown key; did you mean 'seed'?"),
        (
            "max_steps: 2", "max_steps: 2\nlog_steps: 1",
            "log_steps: unknown key; did you mean 'log_every_steps'?"
        ),
        // Case and dashes come before everything else.
        ("batch: 16", "BATCH: 16", "BATCH: unknown key; did you mean 'batch'?"),
        ("max_steps: 2", "max-steps: 2", "max-steps: unknown key; did you mean 'max_steps'?"),
        ("optimizer: {adam", "optimizer: {Adam", "optimizer.Adam: unknown; it must be one of"),
        ("optimizer: {adam: {learning_rate: 0.1}}", "optimizer: Adam", "got Adam; did you mean 'adam'?"),
        ("max_steps: 2", "max_steps: 2\nloss: cross-entropy", "did you mean 'cross_entropy'?"),
    ])
    func nearest(_ right: String, _ wrong: String, _ words: String) {
        let problem = problem(Self.file.replacing(right, with: wrong))
        #expect(problem.contains(words), "\(problem)")
    }

    @Test(arguments: [
        ("early_stopping=null", "early_stopping: has no value; write none, or leave the key out"),
        ("epochs=null", "epochs: has no value; write none, or leave the key out"),
        ("time_limit=~", "time_limit: has no value; write none, or leave the key out"),
        ("shards=", "shards: has no value; write auto, or leave the key out"),
        ("clip=null", "clip: has no value; it must be one of none, norm, value"),
    ])
    func null(_ override: String, _ words: String) {
        let problem = problem(Self.file, [override])
        #expect(problem.contains(words), "\(problem)")
        #expect(
            !self.problem(Self.file, ["early_stopping=none", "epochs=none", "shards=auto"]).contains("none"))
    }

    @Test(arguments: [
        (["--epochs", "3"], "--epochs", "--set epochs=3."), (["--epochs=3"], "--epochs", "--set epochs=3."),
        (["--batch-size", "64"], "--batch-size", "--set batch=64."),
        (["--seed", "7"], "--seed", "--set seed=7."),
        (
            ["--lr", "0.1"], "--lr",
            "--set optimizer.sgd.learning_rate=0.1, or another of optimizer.sgd.learning_rate, "
        ),
        // The key that has this name comes before one that begins like it.
        (
            ["--learning-rate", "0.1"], "--learning-rate",
            "--set optimizer.sgd.learning_rate=0.1, or another of optimizer.sgd.learning_rate, "
        ),
        (["--checkpoint.keep", "5"], "--checkpoint.keep", "--set checkpoint.keep=5."),
        (["--max-steps"], "--max-steps", "--set max_steps=...."),
    ])
    func options(_ arguments: [String], _ option: String, _ words: String) {
        let hint = RunFileOption.hint(option, arguments) ?? ""
        #expect(
            hint.hasPrefix("Keys of the run file are given by --set: ") && hint.contains(words), "\(hint)")
        #expect(RunFileOption.hint("--zzzzzzz", []) == nil)
    }

    /// Every key that can be written is found where it is given as an option.
    @Test func everyKeyAsAnOption() throws {
        for key in try ConfigurationReference.runFile().keys where !key.path.contains("[") {
            let option = "--" + key.path.replacing("_", with: "-")
            #expect(
                RunFileOption.hint(option, [option, "1"])?.contains("--set \(key.path)=1") == true,
                "\(option)")
        }
    }
}
