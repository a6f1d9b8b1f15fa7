import Foundation
import LockstepCollectives
import LockstepConfiguration
import LockstepExperiment
import LockstepRunLog
import LockstepTraining
import Testing

/// What a resume leaves of the files of a run, and what it says of settings.
@Suite(.serialized) struct ResumedRunTests {
    private func train(
        _ folder: RunLogFolder, _ more: [String] = [], resume: Bool = true, stopAfterStep: Int? = nil
    ) throws
        -> RunSummary
    {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: [8]}}
                data: {synthetic: {samples: 200, shape: [4], classes: 3}}
                batch: 20
                max_steps: 10
                optimizer: {sgd: {learning_rate: 0.1}}
                """, overrides: more)
        return try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(
                runDirectory: folder.path("run"), resume: resume, limits: .init(stopAfterStep: stopAfterStep))
        ).run()
    }

    @Test func refusedResumeLeavesTheConfiguration() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false)
        let before = try folder.text("run/config.yaml")
        #expect(throws: (any Error).self) { try train(folder, ["batch=40", "model.mlp.hidden=[16]"]) }
        #expect(try folder.text("run/config.yaml") == before)
        let log = try folder.text("run/train.log")
        #expect(log.contains("The checkpoint was written with batch = 20"))
        // What is refused is not resumed.
        #expect(!log.contains("Resuming"), "\(log)")
    }

    @Test func anotherOptimizerIsRefused() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        #expect(throws: (any Error).self) { try train(folder, ["optimizer=adam"]) }
        let log = try folder.text("run/train.log")
        #expect(
            log.contains(
                "(none) differ from those of the configured optimizer adam (exp_avg and exp_avg_sq)"),
            "\(log)")
        _ = try train(folder, ["optimizer.sgd.learning_rate=0.2"])
    }

    @Test func completeRunKeepsItsSummary() throws {
        let folder = try RunLogFolder()
        let whole = try train(folder, resume: false)
        let before = try folder.text("run/summary.json")
        let again = try train(folder)
        #expect(again.steps == whole.steps && again.finalTrainLoss == whole.finalTrainLoss)
        #expect(try folder.text("run/summary.json") == before)
        // One more step is something to tell.
        #expect(try train(folder, ["max_steps=11"]).steps == 11)
        #expect(try folder.text("run/summary.json") != before)
    }

    /// The message of a resumed run with no steps left.
    @Test(arguments: [
        (
            ["max_steps=10"],
            "max_steps is reached. To train longer, resume with --set max_steps=N, where N is above 10."
        ),
        (
            ["max_steps=none", "epochs=1"],
            "all epochs are done. To train longer, resume with --set epochs=N, where N is above 1."
        ),
        (
            ["epochs=1"],
            "all epochs are done. To train longer, resume with --set max_steps=N, where N is above 10, and with --set epochs=N, "
                + "where N is above 1."
        ),
    ]) func completeRunSaysHowToTrainOn(_ settings: [String], _ message: String) throws {
        let folder = try RunLogFolder()
        _ = try train(folder, settings, resume: false)
        let first = try folder.text("run/train.log")
        #expect(!first.contains("There are no steps left"))
        _ = try train(folder, settings)
        let log = try folder.text("run/train.log").dropFirst(first.count)
        #expect(log.contains("There are no steps left after step 10: \(message)\n"), "\(log)")
        // As it says.
        #expect(try train(folder, settings + ["max_steps=12", "epochs=2"]).steps == 12)
        #expect(
            try folder.text("run/train.log").components(separatedBy: "There are no steps left").count == 2)
    }

    @Test func completeRunsThatEndedEarly() throws {
        let folder = try RunLogFolder()
        let settings = [
            "data.synthetic.validation=0.2", "evaluate.every_steps=1",
            "early_stopping={patience: 1, min_delta: 100}",
        ]
        let stopped = try train(folder, settings, resume: false)
        #expect(stopped.stoppedBecause == .earlyStopping && stopped.steps == 2)
        _ = try train(folder, settings)
        let advice = "resume with a larger early_stopping.patience, or with --set early_stopping=none.\n"
        let log = try folder.text("run/train.log")
        #expect(
            log.contains("There are no steps left after step 2: early stopping: ") && log.contains(advice))
        #expect(try train(folder, settings + ["early_stopping=none"], stopAfterStep: 6).steps == 6)
        _ = try train(folder, settings + ["early_stopping=none"], stopAfterStep: 6)
        #expect(
            try folder.text("run/train.log").contains(
                "after step 6: --stop-after-step is reached. Give a later step, or leave --stop-after-step out.\n"
            ))
    }

    /// A resume that is refused is no run: what an earlier one left stays, its reports included.
    @Test func refusedResumeLeavesTheRun() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        // As after a rank was killed: lines of steps behind the checkpoint, and a report.
        let metrics = try folder.text("run/metrics.jsonl") + "{\"step\": 7}\n"
        try metrics.write(toFile: folder.path("run/metrics.jsonl"), atomically: true, encoding: .utf8)
        try "{}".write(toFile: folder.path("run/heartbeats/fault.json"), atomically: true, encoding: .utf8)
        let before = try contents(folder)
        #expect(before.keys.contains("heartbeats/rank-00000"))
        for mistake in ["batch=40", "model.mlp.hidden=[16]", "optimizer=adam", "data.synthetic.samples=300"] {
            #expect(throws: (any Error).self) { try train(folder, [mistake]) }
            let after = try contents(folder)
            #expect(after.keys.sorted() == before.keys.sorted(), "\(mistake)")
            for (path, data) in before { #expect(after[path] == data, "\(mistake): \(path)") }
        }
        // A run that continues removes them.
        _ = try train(folder)
        let now = try contents(folder)
        #expect(now["heartbeats/fault.json"] == nil)
        #expect(!now.keys.contains { $0.hasPrefix("heartbeats/earlier") }, "\(now.keys)")
        #expect(try !folder.text("run/metrics.jsonl").contains("{\"step\": 7}\n"))
    }

    /// The files of the run but for the log and the lock, which tell of every start.
    private func contents(_ folder: RunLogFolder) throws -> [String: Data] {
        let root = folder.path("run")
        var contents: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            if let data = FileManager.default.contents(atPath: "\(root)/\(path)"),
                !["train.log", "lock"].contains(path)
            {
                contents[path] = data
            }
        }
        return contents
    }

    @Test func damagedCheckpointsArePassedOver() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, ["checkpoint.every_steps=4"], resume: false)
        func damage(_ step: String) throws {
            #expect(truncate(folder.path("run/checkpoints/step-\(step)/model.safetensors"), 9) == 0)
        }
        try damage("00000010")
        _ = try train(folder, ["checkpoint.every_steps=4"])
        let log = try folder.text("run/train.log")
        #expect(
            log.contains("Warning: \(folder.path("run/checkpoints/step-00000010")) is not used: ")
                && log.contains("model.safetensors: it has 9 bytes, but ")
                && log.contains("after step 8.\n"), "\(log)")
        for step in ["00000004", "00000008", "00000010"] { try damage(step) }
        let error = #expect(throws: (any Error).self) { try train(folder) }
        let text = "\(error.map { "\($0)" } ?? "")"
        #expect(text.hasPrefix("None of the checkpoints in \(folder.path("run")) can be used:\n"), "\(text)")
        #expect(text.components(separatedBy: " is not used: ").count == 4)
        #expect(
            text.hasSuffix("\nRestore one of them from a copy, or start a new run with another --run-dir."))
    }

    /// A run that was stopped has no test metrics: with its end moved there it gets them.
    @Test func stoppedRunGetsItsSummaryWhereItEnds() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        #expect(try folder.text("run/summary.json").contains("\"stop_after_step\""))
        _ = try train(folder, ["max_steps=6"])
        #expect(try folder.text("run/summary.json").contains("\"max_steps\""))
    }

    /// Foreign contents do not keep a run from continuing.
    @Test func damagedConfigurationIsWrittenAnew() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false)
        let before = try folder.text("run/config.yaml")
        try "model: {mlp: [".write(toFile: folder.path("run/config.yaml"), atomically: true, encoding: .utf8)
        _ = try train(folder)
        #expect(try folder.text("run/config.yaml") == before)
        #expect(try folder.text("run/train.log").contains("could not be read and is rewritten"))
    }

    @Test func reportsChanges() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false)
        _ = try train(folder, ["max_steps=12", "optimizer.sgd.learning_rate=0.5"])
        let log = try folder.text("run/train.log")
        #expect(
            log.contains(
                "Changed settings: max_steps: 12 instead of 10; optimizer.sgd.learning_rate: 0.5 instead of 0.1.\n"
            ))
        _ = try train(folder, ["max_steps=12", "optimizer.sgd.learning_rate=0.5"])
        #expect(try folder.text("run/train.log").components(separatedBy: "Changed settings").count == 2)
    }

    /// Choices that replace each other, and lists.
    @Test func changesOfChoices() throws {
        let old = try ConfigurationNode.yaml("{a: none, b: {c: {d: 1}}, e: [1, 2]}", file: nil)
        let new = try ConfigurationNode.yaml("{a: {f: 2}, b: {g: {h: 3}}, e: [1, 3]}", file: nil)
        #expect(
            ConfigurationChanges.between(old, new) == [
                "a.f: 2", "b.g.h: 3", "e: [1, 3] instead of [1, 2]", "b.c.d: no longer 1",
            ])
        #expect(ConfigurationChanges.between(old, old).isEmpty)
        let twice = try ConfigurationNode.yaml("{\"a.b\": 1, a: {b: 2}}", file: nil)
        #expect(ConfigurationChanges.between(twice, old).contains("a: none"))
    }

    @Test func warnsOfSettingsWithoutEffect() throws {
        let folder = try RunLogFolder()
        _ = try train(
            folder, ["batch=400", "schedule={cosine: {warmup_steps: 10}}", "allreduce.compression=bf16"],
            resume: false)
        let log = try folder.text("run/train.log")
        for text in [
            "Run directory: ", "Model: mlp, 67 parameters, float32", "Data: synthetic, 200 training samples",
            "Steps: 10, 1 per epoch; each 400 samples in 8 shards",
            "the warm-up of 10 steps is not complete when the run ends after 10",
            "batch is 400, but there are only 200", "allreduce.compression has no effect on one host",
        ] {
            #expect(log.contains(text), "\(text): \(log)")
        }
    }

    /// Other data are refused, and the message says what differs.
    @Test(arguments: [
        (
            ["data.synthetic.samples=220"],
            "was 200 of 200 samples, now 220 of 220 samples; the contents of the files have changed"
        ),
        (["data.synthetic.validation=0.1"], "the validation split was none, now 0.1"),
        (["data.synthetic.seed=9"], "the contents of the files have changed"),
    ])
    func otherDataAreRefused(_ settings: [String], _ words: String) throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        let error = #expect(throws: (any Error).self) { try train(folder, settings) }
        let text = error.map { "\($0)" } ?? ""
        #expect(
            text.hasPrefix("The checkpoint was trained on other data: ") && text.contains(words)
                && !text.contains("crc32"), "\(text)")
    }
}
