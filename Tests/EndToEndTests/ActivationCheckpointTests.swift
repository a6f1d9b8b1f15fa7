import Foundation
import Testing

/// Runs with activation checkpointing have the bits of runs without it.
@Suite(.serialized) struct ActivationCheckpointTests {
    private static let checkpointing = "checkpoint_activations=true"

    private func train(
        _ file: String, ranks: Int, _ directory: TemporaryDirectory, _ name: String, _ extra: [String] = []
    ) throws -> RunResults {
        let run = directory.path(name)
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run] + extra, timeout: 600)
        #expect(result.status == 0, "\(name): \(result.tail)")
        return try RunResults(run)
    }

    @Test(arguments: [
        ("gpt", "float32"), ("gpt", "bf16"), ("resnet", "float32"), ("resnet", "bf16"),
    ])
    func sameBitsOnOneAndTwoRanks(_ name: String, _ precision: String) throws {
        guard precision == "float32" || SameBitsTests.hasBFloat16 else { return }
        let directory = try TemporaryDirectory()
        let isText = name == "gpt"
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: isText ? RunFiles.gpt : RunFiles.resnet, data: isText ? .text : .fashion, batch: 16,
                shards: 4, steps: 8, extra: "precision: \(precision)"))
        let without = try train(file, ranks: 1, directory, "without")
        #expect(without.metrics.count == 8)
        // Ranks without shared memory exchange gradients while backward continues.
        for (ranks, more) in [(1, []), (2, []), (2, ["--set", "allreduce.shared_memory=false"])] {
            let with = try train(
                file, ranks: ranks, directory, "with-\(ranks)-\(more.count)",
                ["--set", "model.\(name).\(Self.checkpointing)"] + more)
            #expect(with.difference(from: without) == nil, "\(ranks) ranks \(more)")
        }
    }

    @Test func canBeSwitchedWhenARunIsResumed() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.gpt, data: .text, batch: 16, shards: 4, steps: 12))
        let whole = try train(file, ranks: 1, directory, "whole")
        let on = ["--set", "model.gpt.\(Self.checkpointing)"]
        for (name, before, after) in [("on", [], on), ("off", on, [])] {
            _ = try train(file, ranks: 1, directory, name, ["--stop-after-step", "5"] + before)
            let resumed = try train(file, ranks: 2, directory, name, ["--resume"] + after)
            #expect(resumed.difference(from: whole) == nil, "switched \(name)")
        }
    }
}
