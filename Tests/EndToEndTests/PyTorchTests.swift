import Foundation
import Testing

/// The same training in PyTorch: from the same weights and batches the same losses, and a checkpoint gives the same accuracy.
///
/// Skipped where there is no PyTorch: `scripts/test --all` installs it.
@Suite(.serialized, .enabled(if: PyTorch.python != nil)) struct PyTorchTests {
    private let probe = CommandRunner.productsDirectory.appendingPathComponent("ExperimentProbe").path
    private let scripts = CommandRunner.repository.appendingPathComponent("scripts/pytorch").path

    private func runFile(
        model: String, optimizer: String, data: RunFiles.Data = .fashion, batch: Int = 128
    ) -> String {
        """
        model: \(model)
        data: \(data.rawValue)
        batch: \(batch)
        max_steps: 400
        optimizer: \(optimizer)
        schedule: {cosine: {warmup_steps: 5}}
        clip: {norm: 1.0}
        checkpoint: {every_steps: 1000}
        seed: 1
        """
    }

    @Test(arguments: [
        ("mlp", RunFiles.mlp, "{adam: {learning_rate: 0.001}}"),
        (
            "cnn", "{cnn: {stages: [{channels: 32}, {channels: 64}], dense: [128]}}",
            "{adam: {learning_rate: 0.002}}"
        ),
        ("resnet", RunFiles.resnet, "{sgd: {learning_rate: 0.1, momentum: 0.9}}"),
        ("gpt", "{gpt: {layers: 2, width: 64, heads: 4}}", "{adam: {learning_rate: 0.001}}"),
        ("lstm", "{lstm: {layers: 2, embedding: 32, hidden: 48}}", "{adam: {learning_rate: 0.005}}"),
    ]) func sameLosses(_ name: String, _ model: String, _ optimizer: String) throws {
        let directory = try TemporaryDirectory()
        let isText = ["gpt", "lstm"].contains(name)
        let file = try directory.write(
            "run.yaml",
            runFile(
                model: model, optimizer: optimizer, data: isText ? .text : .fashion, batch: isText ? 32 : 128)
        )
        let run = try CommandRunner.run(probe, [file, directory.path("run"), directory.path("out"), "50"])
        #expect(run.status == 0, "\(run.tail)")
        let kind = optimizer.contains("adam") ? "adam" : "sgd"
        let compared = try CommandRunner.run(
            PyTorch.python ?? "",
            [scripts + "/compare_losses.py", name, directory.path("run"), directory.path("out"), kind, "1.0"])
        #expect(compared.status == 0, "\(compared.tail)")
    }

    @Test func checkpointHasTheSameTestAccuracy() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            runFile(model: RunFiles.resnet, optimizer: "{sgd: {learning_rate: 0.1, momentum: 0.9}}"))
        let run = try CommandRunner.run(
            probe, [file, directory.path("run"), directory.path("out")], timeout: 600)
        #expect(run.status == 0, "\(run.tail)")
        let summary = try String(contentsOfFile: directory.path("run/summary.json"), encoding: .utf8)
        let accuracy = summary.split(separator: "\n").first { $0.contains("\"test_accuracy\"") }
        let mine = try #require(
            accuracy?.split(separator: " ").last.flatMap { Double($0.filter { $0 != "," }) })
        let evaluated = try CommandRunner.run(
            PyTorch.python ?? "",
            [
                scripts + "/evaluate.py", "resnet", directory.path("run/checkpoints/latest"),
                directory.path("out"),
            ])
        #expect(evaluated.status == 0, "\(evaluated.tail)")
        let theirs = try #require(
            evaluated.output.split(separator: " ").last.flatMap {
                Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
            })
        // An image whose two best logits are equal but for rounding may fall on either side.
        #expect(abs(mine - theirs) <= 1e-4, "\(mine) against \(theirs)")
    }

    /// The example VAE, with noise that scripts/pytorch/compare_vae.py draws again.
    @Test func variationalAutoencoder() throws {
        let directory = try TemporaryDirectory()
        let program = CommandRunner.productsDirectory.appendingPathComponent("VAE").path
        let file = CommandRunner.repository.appendingPathComponent("Examples/VAE/vae.yaml").path
        let settings = [
            "data.fashion_mnist.validation=none", "shards=1", "epochs=none", "log_every_steps=1",
            "batch=64", "schedule=constant", "task.vae.channels=8", "optimizer.adam.epsilon=0.0001",
        ]
        for (name, more) in [
            ("initial", ["max_steps=1", "optimizer.adam.learning_rate=0"]),
            ("run", ["max_steps=200", "optimizer.adam.learning_rate=0.0003"]),
        ] {
            let run = try CommandRunner.run(
                program,
                ["train", file, "--run-dir", directory.path(name)]
                    + (settings + more).flatMap { ["--set", $0] })
            #expect(run.status == 0, "\(run.tail)")
        }
        let compared = try CommandRunner.run(
            PyTorch.python ?? "",
            [scripts + "/compare_vae.py", directory.path("initial"), directory.path("run")])
        #expect(compared.status == 0, "\(compared.tail)")
    }

    /// scripts/pytorch/train_language_model.py reads a run's configuration: it predicts the same bytes that are held back (so a
    /// checkpoint has the same bits per byte there), and its own training gets about as far.
    @Test(arguments: [
        ("gpt", "{gpt: {layers: 2, width: 64, heads: 4, dropout: 0.1}}", "auto"),
        ("lstm", "{lstm: {layers: 2, embedding: 32, hidden: 48, dropout: 0.1}}", "10"),
    ]) func languageModelsReachTheSame(_ name: String, _ model: String, _ stride: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: model, data: .text, batch: 32, shards: 1, steps: 200,
                optimizer: "{adamw: {learning_rate: 0.003}}", extra: "evaluate: {stride: \(stride)}"))
        let run = directory.path("run")
        let trained = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run])
        #expect(trained.status == 0, "\(trained.tail)")

        func figures(_ arguments: [String]) throws -> (theirs: Double, ours: Double) {
            let output = directory.path("figures.json")
            let result = try CommandRunner.run(
                PyTorch.python ?? "",
                [scripts + "/train_language_model.py", run, "--output", output] + arguments)
            #expect(result.status == 0, "\(result.tail)")
            let data = try Data(contentsOf: URL(fileURLWithPath: output))
            let values = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            return (
                try #require(values["bits_per_byte"] as? Double),
                try #require(values["lockstep_bits_per_byte"] as? Double)
            )
        }
        let evaluated = try figures(["--checkpoint"])
        #expect(abs(evaluated.theirs / evaluated.ours - 1) < 1e-5, "\(evaluated)")
        let own = try figures([])
        #expect(own.ours < 4.5 && abs(own.theirs / own.ours - 1) < 0.05, "\(own)")
    }
}

/// Where PyTorch is.
private enum PyTorch {
    /// A Python with PyTorch: that of `scripts/setup --with-pytorch`.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["LOCKSTEP_VENV"]
        let place = named ?? CommandRunner.repository.appendingPathComponent(".venv").path
        let path = place + "/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}
