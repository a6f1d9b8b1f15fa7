import Foundation
import Testing

/// The same run gives the same bits on any number of ranks.
@Suite(.serialized) struct SameBitsTests {
    private func results(
        _ runFile: String, ranks: Int, in directory: TemporaryDirectory, _ name: String,
        extra: [String] = [], environment: [String: String] = [:]
    ) throws -> RunResults {
        let run = directory.path(name)
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", runFile, "--run-dir", run] + extra, environment: environment, timeout: 900
        )
        #expect(result.status == 0, "\(ranks) ranks: \(result.tail)")
        return try RunResults(run)
    }

    private func compare(
        model: String, data: RunFiles.Data, batch: Int, steps: Int, extra: String = ""
    ) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(model: model, data: data, batch: batch, shards: 4, steps: steps, extra: extra))
        let one = try results(file, ranks: 1, in: directory, "one")
        #expect(one.metrics.count == steps)
        for ranks in 2...4 {
            let many = try results(file, ranks: ranks, in: directory, "ranks-\(ranks)")
            #expect(many.difference(from: one) == nil, "\(ranks) ranks")
        }
        let refused = try results(
            file, ranks: 3, in: directory, "refused", extra: ["--set", "allreduce.shared_memory=false"])
        #expect(refused.difference(from: one) == nil, "3 ranks without shared memory")
    }

    private func steps(_ few: Int) -> Int { CommandRunner.runsAll ? 300 : few }

    @Test func multilayerPerceptron() throws {
        try compare(model: RunFiles.mlp, data: .fashion, batch: 250, steps: steps(60))
    }

    @Test func convolutionsWithDropoutAndAugmentation() throws {
        try compare(model: RunFiles.cnn, data: .fashionAugmented, batch: 64, steps: steps(20))
    }

    @Test func residualNetworkWithBatchNormalization() throws {
        try compare(model: RunFiles.resnet, data: .fashionAugmented, batch: 64, steps: steps(10))
    }

    /// Whether the tests of mixed precision can run: they need AVX-512 BF16.
    static let hasBFloat16 =
        (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains("avx512_bf16") ?? false

    @Test(
        .enabled(if: hasBFloat16),
        arguments: [
            (RunFiles.mlp, RunFiles.Data.fashion, 30), (RunFiles.cnn, .fashionAugmented, 10),
            (RunFiles.resnet, .fashionAugmented, 6),
        ]) func imagesInMixedPrecision(_ model: String, _ data: RunFiles.Data, _ few: Int) throws
    {
        try compare(model: model, data: data, batch: 62, steps: steps(few), extra: "precision: bf16")
    }

    @Test(arguments: [RunFiles.gpt, RunFiles.llama, RunFiles.lstm, RunFiles.gru])
    func languageModels(_ model: String) throws {
        try compare(model: model, data: .text, batch: 14, steps: steps(12))
    }

    @Test(.enabled(if: hasBFloat16), arguments: [RunFiles.gpt, RunFiles.llama, RunFiles.lstm, RunFiles.gru])
    func languageModelsInMixedPrecision(_ model: String) throws {
        try compare(model: model, data: .text, batch: 14, steps: steps(12), extra: "precision: bf16")
    }

    @Test func fiveToEightRanks() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 8, steps: steps(30)))
        let one = try results(file, ranks: 1, in: directory, "one")
        for ranks in 5...8 {
            let many = try results(file, ranks: ranks, in: directory, "ranks-\(ranks)")
            #expect(many.difference(from: one) == nil, "\(ranks) ranks")
        }
    }
}
