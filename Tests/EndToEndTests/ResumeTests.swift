import Foundation
import Testing

/// A run that was cut off and resumed, on any number of ranks, equals the one that was not.
@Suite(.serialized) struct ResumeTests {
    private func train(
        _ file: String, ranks: Int, run: String, _ extra: [String] = [], environment: [String: String] = [:]
    ) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run] + extra, environment: environment, timeout: 600)
    }

    @Test func killedRankResumesOnAnyNumberOfRanks() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 400, checkpointEvery: 50))
        #expect(try train(file, ranks: 2, run: directory.path("whole")).status == 0)
        let whole = try RunResults(directory.path("whole"))

        let cut = directory.path("cut")
        let killer = RankKiller(run: cut, step: 157)
        let killed = try train(file, ranks: 2, run: cut)
        #expect(killer.finish(), "no rank was killed: \(killed.tail)")
        #expect(killed.status != 0 && !killed.timedOut, "\(killed.tail)")
        for ranks in 1...4 {
            let copy = directory.path("resumed-\(ranks)")
            try FileManager.default.copyItem(atPath: cut, toPath: copy)
            let resumed = try train(file, ranks: ranks, run: copy, ["--resume"])
            #expect(resumed.status == 0, "\(resumed.tail)")
            #expect(try RunResults(copy).difference(from: whole) == nil, "resumed on \(ranks) ranks")
        }
    }

    @Test(arguments: [SIGTERM, SIGINT]) func signalsWriteACheckpointAndEndCleanly(_ signal: Int32) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 600))
        let cut = directory.path("cut")
        let sender = RankKiller(run: cut, step: 40, signal: signal, program: "/scripts/launch")
        let stopped = try train(file, ranks: 3, run: cut)
        #expect(sender.finish() && stopped.status == 0, "\(stopped.tail)")
        let summary = try String(contentsOfFile: cut + "/summary.json", encoding: .utf8)
        #expect(summary.contains("\"stopped_because\": \"signal\""), "\(summary)")
        let before = try RunResults(cut).metrics.count
        #expect(before >= 40 && before < 600)
        let resumed = try train(file, ranks: 2, run: cut, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try train(file, ranks: 2, run: directory.path("whole")).status == 0)
        #expect(try RunResults(cut).difference(from: RunResults(directory.path("whole"))) == nil)
    }

    @Test(arguments: [("float32", RunFiles.lstm), ("bf16", RunFiles.gpt)])
    func languageModelsContinue(_ precision: String, _ model: String) throws {
        guard precision == "float32" || SameBitsTests.hasBFloat16 else { return }
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: model, data: .text, batch: 16, shards: 4, steps: 20, extra: "precision: \(precision)"))
        #expect(try train(file, ranks: 2, run: directory.path("whole")).status == 0)
        let cut = directory.path("cut")
        #expect(try train(file, ranks: 3, run: cut, ["--stop-after-step", "9"]).status == 0)
        let resumed = try train(file, ranks: 1, run: cut, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try RunResults(cut).difference(from: RunResults(directory.path("whole"))) == nil)
    }

    @Test func stopsInMidEpochAndContinues() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.cnn, data: .fashionAugmented, batch: 60, shards: 4, steps: 24,
                optimizer: "{sgd: {learning_rate: 0.05, momentum: 0.9, nesterov: true}}"))
        #expect(try train(file, ranks: 1, run: directory.path("whole")).status == 0)
        let cut = directory.path("cut")
        #expect(try train(file, ranks: 3, run: cut, ["--stop-after-step", "11"]).status == 0)
        let resumed = try train(file, ranks: 2, run: cut, ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try RunResults(cut).difference(from: RunResults(directory.path("whole"))) == nil)
    }
}
