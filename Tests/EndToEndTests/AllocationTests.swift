import Foundation
import Testing

/// A training step in its steady state takes no memory from the heap, oneDNN's own allocations apart.
@Suite(.serialized) struct AllocationTests {
    private func count(
        model: String, data: RunFiles.Data, batch: Int, extra: String = "", more: [String] = []
    ) throws {
        let directory = try TemporaryDirectory()
        let text = RunFiles.text(
            model: model, data: data, batch: batch, shards: 4, steps: 60,
            extra: extra.replacing("DIRECTORY", with: directory.path(""))
        )
        .replacingOccurrences(of: "log_every_steps: 1", with: "log_every_steps: 1000")
        let file = try directory.write("run.yaml", text)
        let result = try CommandRunner.run(
            CommandRunner.productsDirectory.appendingPathComponent("AllocationProbe").path,
            [file, directory.path("run"), "30", "50"] + more)
        #expect(result.status == 0, "\(result.tail)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.contains("own allocations: 0"), "\(result.output.suffix(3000))")
        // The counter works: it sees oneDNN's.
        let others = lines.first { $0.hasPrefix("oneDNN allocations: ") }?.split(separator: " ").last
        #expect((others.flatMap { Int($0) } ?? 0) > 0)
        let pools = lines.filter { $0.hasPrefix("pool ") }.map { $0.split(separator: " ").last }
        #expect(pools.count == 2 && pools[0] == pools[1], "the pool grew: \(pools)")
    }

    @Test func multilayerPerceptron() throws {
        try count(model: RunFiles.mlp, data: .fashion, batch: 256)
    }

    /// Trackers write at logged steps; the others only ask whether they are.
    @Test func stepsThatTrackersDoNotLog() throws {
        try count(
            model: RunFiles.mlp, data: .fashion, batch: 256,
            extra: "trackers: [csv, {tensorboard: {histograms_every_steps: 29}}, "
                + "{mlflow: {directory: DIRECTORY/mlruns}}]"
        )
    }

    @Test func unevenShards() throws { try count(model: RunFiles.mlp, data: .fashion, batch: 101) }

    @Test func convolutionsWithDropoutAndAugmentation() throws {
        try count(model: RunFiles.cnn, data: .fashionAugmented, batch: 32)
    }

    @Test(arguments: [RunFiles.gpt, RunFiles.llama, RunFiles.checkpointedGPT, RunFiles.lstm, RunFiles.gru])
    func languageModels(_ model: String) throws { try count(model: model, data: .text, batch: 14) }

    @Test(
        .enabled(if: SameBitsTests.hasBFloat16),
        arguments: [
            (RunFiles.mlp, RunFiles.Data.fashion), (RunFiles.cnn, .fashion), (RunFiles.gpt, .text),
            (RunFiles.llama, .text), (RunFiles.checkpointedGPT, .text), (RunFiles.lstm, .text),
        ])
    func mixedPrecision(_ model: String, _ data: RunFiles.Data) throws {
        try count(model: model, data: data, batch: 32, extra: "precision: bf16")
    }

    /// A model of a program's own, with two directions whose states are joined.
    @Test(arguments: ["float32", "bf16"]) func bidirectionalLayers(_ precision: String) throws {
        if precision == "bf16", !SameBitsTests.hasBFloat16 { return }
        try count(
            model: RunFiles.mlp, data: .fashion, batch: 32, extra: "precision: \(precision)", more: ["rows"])
    }

    /// The tasks of example programs.
    @Test(arguments: ["vae", "conditional_gan"]) func examples(_ task: String) throws {
        try count(
            model: "none", data: .fashionBytes, batch: 32,
            extra: "task: {\(task): {channels: 8}}\naverage: {decay: 0.9}")
    }

    /// Steps have different numbers of different rows.
    @Test(arguments: ["float32", "bf16"]) func sparseTables(_ precision: String) throws {
        if precision == "bf16", !SameBitsTests.hasBFloat16 { return }
        try count(
            model: RunFiles.mlp, data: .ratings, batch: 400,
            extra: "precision: \(precision)\ntask: {recommendation: {embedding: 16}}")
    }

    @Test(arguments: [RunFiles.resnet, RunFiles.checkpointedResNet])
    func residualNetwork(_ model: String) throws {
        try count(model: model, data: .fashion, batch: 32)
    }
}
