import Foundation
import Testing

/// How hosts share the update, on ranks that share no memory and so exchange as hosts do.
@Suite(.serialized) struct HostExchangeTests {
    private func train(
        _ directory: TemporaryDirectory, _ name: String, ranks: Int, _ settings: [String],
        resume: Bool = false
    ) throws -> CommandResult {
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 64, shards: 4, steps: 24, checkpointEvery: 12))
        let result = try CommandRunner.lockstep(
            ranks: ranks,
            ["train", file, "--run-dir", directory.path(name), "--set", "allreduce.shared_memory=false"]
                + settings.flatMap { ["--set", $0] } + (resume ? ["--resume"] : []), timeout: 120)
        #expect(result.status == 0, "\(name): \(result.tail)")
        return result
    }

    /// A copy of a run as it was after its checkpoint in the middle.
    private func halfOf(_ name: String, as copy: String, in directory: TemporaryDirectory) throws {
        let manager = FileManager.default
        try manager.copyItem(atPath: directory.path(name), toPath: directory.path(copy))
        let checkpoints = directory.path(copy) + "/checkpoints"
        try manager.removeItem(atPath: checkpoints + "/step-00000024")
        try manager.removeItem(atPath: checkpoints + "/latest")
        try manager.createSymbolicLink(
            atPath: checkpoints + "/latest", withDestinationPath: "step-00000012")
    }

    @Test func aShardedOptimizerGivesTheSameBits() throws {
        let directory = try TemporaryDirectory()
        _ = try train(directory, "one", ranks: 1, [])
        let one = try RunResults(directory.path("one"))
        for ranks in 2...4 {
            _ = try train(directory, "ranks-\(ranks)", ranks: ranks, ["shard_optimizer=true"])
            #expect(
                try RunResults(directory.path("ranks-\(ranks)")).difference(from: one) == nil,
                "\(ranks) hosts")
        }
        try halfOf("ranks-3", as: "resumed", in: directory)
        _ = try train(directory, "resumed", ranks: 4, ["shard_optimizer=true"], resume: true)
        #expect(try RunResults(directory.path("resumed")).difference(from: one) == nil)
    }

    /// Sums, or parameters, that arrive while the next step is under way: with evaluations and a checkpoint between steps, shards of
    /// different sizes, and a resume on another number of hosts.
    @Test(arguments: [
        [], ["shard_optimizer=true"], ["allreduce.algorithm=tree"], ["allreduce.overlap=false"],
        ["allreduce.overlap=false", "shard_optimizer=true"], ["precision=bf16"],
        ["precision=bf16", "shard_optimizer=true"], ["allreduce.bucket=16 KiB"],
        ["allreduce.bucket=1 MiB", "allreduce.tune=false", "shard_optimizer=true"],
    ])
    func whatArrivesLaterGivesTheSameBits(_ settings: [String]) throws {
        if settings.contains("precision=bf16"), !SameBitsTests.hasBFloat16 { return }
        let directory = try TemporaryDirectory()
        let common = ["batch=61", "evaluate={every_steps: 5}", "data.fashion_mnist.validation=0.01"]
        let precision = settings.filter { $0.hasPrefix("precision") }
        _ = try train(directory, "one", ranks: 1, common + precision)
        let one = try RunResults(directory.path("one"))
        for ranks in 2...4 {
            _ = try train(directory, "ranks-\(ranks)", ranks: ranks, common + settings)
            #expect(
                try RunResults(directory.path("ranks-\(ranks)")).difference(from: one) == nil,
                "\(ranks) hosts")
        }
        try halfOf("ranks-2", as: "resumed", in: directory)
        _ = try train(directory, "resumed", ranks: 3, common + settings, resume: true)
        #expect(try RunResults(directory.path("resumed")).difference(from: one) == nil, "resumed")
    }

    /// Ranks that share no memory share the link of their host: the network is not measured, and the sizes are the
    /// given ones and defaults.
    @Test func sizesAreRecorded() throws {
        let directory = try TemporaryDirectory()
        func record(_ name: String) throws -> [String: Any]? {
            let summary = try Data(contentsOf: URL(fileURLWithPath: directory.path(name) + "/summary.json"))
            let object = try JSONSerialization.jsonObject(with: summary) as? [String: Any]
            return object?["exchange"] as? [String: Any]
        }
        let standard = try train(directory, "standard", ranks: 2, [])
        #expect(
            !standard.output.contains("measured") && standard.output.contains("buckets of 256 KiB on 1 lane"),
            "\(standard.tail)")
        let sizes = try #require(try record("standard"))
        #expect(sizes["latency_seconds"] == nil && sizes["bucket_bytes"] as? Int == 256 << 10)
        _ = try train(directory, "given", ranks: 2, ["allreduce.bucket=40 KiB"])
        let given = try #require(try record("given"))
        // In whole chunks of 16 KiB.
        #expect(given["bucket_bytes"] as? Int == 48 << 10 && given["lanes"] as? Int == 1)
        let alone = try train(directory, "alone", ranks: 1, [])
        #expect(try !alone.output.contains("Exchange between") && record("alone") == nil)
    }

    @Test func roundedSumsAreTheSameForAShardedOptimizer() throws {
        let directory = try TemporaryDirectory()
        let rounded = ["allreduce.compression=bf16", "batch=61"]
        _ = try train(directory, "whole", ranks: 3, rounded)
        _ = try train(directory, "sharded", ranks: 3, rounded + ["shard_optimizer=true"])
        #expect(
            try RunResults(directory.path("sharded")).difference(from: RunResults(directory.path("whole")))
                == nil)
    }

    @Test(arguments: [
        ["allreduce.compression=bf16"], ["local_sgd={every: 5}"], ["allreduce.compression={top_k: 0.01}"],
        ["allreduce.compression={top_k: 0.01}", "optimizer={adamw: {}}", "allreduce.overlap=false"],
        ["allreduce.compression={top_k: 0.1}", "optimizer={sgd: {momentum: 0.9, nesterov: true}}"],
        ["allreduce.compression={top_k: 0.1}", "optimizer={sgd: {}}"],
    ])
    func inexactFormsRepeatAndContinue(_ settings: [String]) throws {
        let directory = try TemporaryDirectory()
        let exact = settings.filter { $0.hasPrefix("optimizer") }
        _ = try train(directory, "exact", ranks: 2, exact)
        for name in ["first", "second"] { _ = try train(directory, name, ranks: 2, settings) }
        let first = try RunResults(directory.path("first"))
        #expect(try RunResults(directory.path("second")).difference(from: first) == nil, "repeated")
        #expect(
            try RunResults(directory.path("exact")).difference(from: first) != nil, "the setting does nothing"
        )
        try halfOf("first", as: "resumed", in: directory)
        _ = try train(directory, "resumed", ranks: 2, settings, resume: true)
        #expect(try RunResults(directory.path("resumed")).difference(from: first) == nil, "resumed")
    }

    @Test func residualsOfOtherHostsAreAddedUp() throws {
        let directory = try TemporaryDirectory()
        let setting = "allreduce.compression={top_k: 0.01}"
        _ = try train(directory, "two", ranks: 2, [setting])
        try halfOf("two", as: "three", in: directory)
        let resumed = try train(directory, "three", ranks: 3, [setting], resume: true)
        #expect(resumed.output.contains("added up for the first of the 3 hosts"), "\(resumed.tail)")
        try halfOf("two", as: "none", in: directory)
        let without = try train(directory, "none", ranks: 2, [], resume: true)
        #expect(without.output.contains("they are dropped"), "\(without.tail)")
    }

    @Test(arguments: [
        (["allreduce.compression={top_k: 1.5}"], "above 0 and of at most 1; got 1.5"),
        (["allreduce.compression=bf16", "allreduce.algorithm=mpi"], "MPI's own sum cannot compress"),
        (["shard_optimizer=true", "local_sgd={every: 2}"], "leave one of the two out"),
        (["shard_optimizer=true", "allreduce.compression={top_k: 0.1}"], "does not go with"),
        (["local_sgd={every: 0}"], "local_sgd.every"),
        (["allreduce.algorithm=ring"], "one of auto, tree, mpi"),
        (["allreduce.bucket=0"], "allreduce.bucket"), (["allreduce.lanes=0"], "allreduce.lanes"),
    ]) func whatDoesNotGoTogether(_ settings: [String], message: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 64, shards: 4, steps: 2))
        let result = try CommandRunner.lockstep(
            ranks: 1,
            ["train", file, "--run-dir", directory.path("run")] + settings.flatMap { ["--set", $0] },
            timeout: 60)
        #expect(result.status != 0 && result.tail.contains(message), "\(result.tail)")
    }
}
