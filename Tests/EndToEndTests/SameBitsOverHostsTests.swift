import Foundation
import Testing

/// The same run gives the same bits however its ranks lie on hosts.
@Suite(.serialized, .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
struct SameBitsOverHostsTests {
    /// Ranks and the hosts they run on.
    static let layouts = [
        (4, "h1:4"), (4, "h1:2,h2:2"), (4, "h1:1,h2:1,h3:1,h4:1"), (4, "h1:3,h2:1"), (3, "h1:1,h2:1,h3:1"),
        (4, "h1:1,h2:3"), (2, "h1:1,h2:1"),
    ]

    private func compare(_ arguments: [String], on bed: Testbed, steps: Int) throws {
        let directory = try TemporaryDirectory()
        let alone = directory.path("alone")
        let reference = try CommandRunner.lockstep(ranks: 1, ["train"] + arguments + ["--run-dir", alone])
        #expect(reference.status == 0, "\(reference.tail)")
        let one = try RunResults(alone)
        #expect(one.metrics.count == steps)
        for (ranks, hosts) in Self.layouts {
            let run = directory.path(hosts)
            let result = try bed.launch(
                ["-n", String(ranks), "-H", hosts, "train"] + arguments + ["--run-dir", run], timeout: 300)
            #expect(result.status == 0, "\(hosts): \(result.tail)")
            let count = hosts.split(separator: ",").count
            #expect(result.output.contains("\(ranks) on \(count) host"), "\(hosts): \(result.tail)")
            #expect(try RunResults(run).difference(from: one) == nil, "\(ranks) ranks on \(hosts)")
        }
    }

    @Test func multilayerPerceptron() throws {
        let bed = try Testbed("--hosts", "4", "--slots", "4")
        let file = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path
        // Odd sizes: batches, slices and parameters do not divide evenly.
        let settings = [
            "shards=4", "max_steps=25", "batch=61", "model.mlp.hidden=[301, 77]", "log_every_steps=1",
            "clip={norm: 1.0}",
        ]
        try compare([file] + settings.flatMap { ["--set", $0] }, on: bed, steps: 25)
    }

    /// Several buckets, which arrive during the next step: ranks of a host share what arrives.
    @Test(arguments: CommandRunner.runsAll ? [false, true] : [false])
    func parametersThatArriveLater(_ isSharded: Bool) throws {
        let bed = try Testbed("--hosts", "4", "--slots", "4")
        let file = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path
        let settings = [
            "shards=4", "max_steps=12", "batch=61", "model.mlp.hidden=[701, 601]", "log_every_steps=1",
            "clip={norm: 1.0}", "evaluate={every_steps: 5}", "shard_optimizer=\(isSharded)",
        ]
        try compare([file] + settings.flatMap { ["--set", $0] }, on: bed, steps: 12)
    }

    /// The network is measured at every start; given values stay. Nothing is measured where there is nothing to choose,
    /// or where a prediction would be about another job.
    @Test func theChoiceIsRecorded() throws {
        let bed = try Testbed("--hosts", "3", "--slots", "2")
        let directory = try TemporaryDirectory()
        let file = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path
        func train(_ name: String, _ hosts: String, ranks: Int, _ settings: [String], resume: Bool = false)
            throws -> CommandResult
        {
            let result = try bed.launch(
                ["-n", String(ranks), "-H", hosts, "train", file, "--run-dir", directory.path(name)]
                    + (["shards=12", "batch=60"] + settings).flatMap { ["--set", $0] }
                    + (resume ? ["--resume"] : []), timeout: 300)
            #expect(result.status == 0, "\(name): \(result.tail)")
            return result
        }
        let given = ["allreduce.bucket=40 KiB", "checkpoint.every_steps=5"]
        let measured = "Exchange between hosts: measured "
        let first = try train("measured", "h1:1,h2:1", ranks: 2, given + ["max_steps=5"])
        #expect(first.output.contains(measured), "\(first.tail)")
        _ = try train(
            "measured", "h1:1,h2:1,h3:1", ranks: 3, given + ["max_steps=10"], resume: true)
        let log = try String(contentsOfFile: directory.path("measured") + "/train.log", encoding: .utf8)
        #expect(log.components(separatedBy: measured).count == 3, "\(log)")
        let summary = try Data(
            contentsOf: URL(fileURLWithPath: directory.path("measured") + "/summary.json"))
        let object = try JSONSerialization.jsonObject(with: summary) as? [String: Any]
        let record = try #require(object?["exchange"] as? [String: Any])
        #expect(try #require(record["bytes_per_second"] as? Double) > 1e5)
        #expect(try #require(record["latency_seconds"] as? Double) < 1)
        // In whole chunks of 16 KiB.
        #expect(record["bucket_bytes"] as? Int == 48 << 10 && record["lanes"] as? Int == 1)

        for (number, (hosts, ranks, setting)) in [
            ("h1:1,h2:1", 2, "allreduce.tune=false"), ("h1:1,h2:1", 2, "allreduce.compression=bf16"),
            ("h1:1,h2:1", 2, "local_sgd={every: 2}"), ("h1:2,h2:2", 4, "allreduce.shared_memory=false"),
            ("h1:2,h2:1", 3, "seed=1"),
        ].enumerated() {
            let result = try train("other-\(number)", hosts, ranks: ranks, [setting, "max_steps=2"])
            #expect(!result.output.contains("measured"), "\(hosts), \(setting): \(result.tail)")
        }
    }

    /// A separate folder on each host: rank 0's has the run, the others are reported.
    @Test func hostsThatDoNotShareTheRunDirectory() throws {
        let bed = try Testbed("--hosts", "2", "--slots", "1")
        let file = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path
        for more in [["max_steps=10", "checkpoint.every_steps=5"], ["max_steps=20"]] {
            let result = try bed.launch(
                ["-n", "2", "-H", "h1:1,h2:1", "train", file, "--run-dir", "/dev/shm/runs/own"]
                    + (more.count == 1 ? ["--resume"] : []) + more.flatMap { ["--set", $0] }, timeout: 300)
            #expect(result.status == 0, "\(result.tail)")
            #expect(
                result.output.contains("rank 1: Warning: h2 does not see the run directory of rank 0's host"),
                "\(result.tail)")
            #expect(!result.output.contains("h1 does not see"), "\(result.tail)")
        }
    }

    @Test(.enabled(if: CommandRunner.runsAll, "scripts/test --all runs it"))
    func convolutionsOnASlowNetwork() throws {
        let bed = try Testbed("--hosts", "4", "--slots", "4", "--rate", "1gbit", "--delay", "2")
        let directory = try TemporaryDirectory()
        for (name, model) in [("cnn", RunFiles.cnn), ("resnet", RunFiles.resnet)] {
            let file = try directory.write(
                name, RunFiles.text(model: model, data: .fashionAugmented, batch: 62, shards: 4, steps: 30))
            try compare([file], on: bed, steps: 30)
        }
    }
}
