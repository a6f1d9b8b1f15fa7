import Foundation
import LockstepCollectives
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
        #expect(try folder.text("run/train.log").contains("The checkpoint was written with batch = 20"))
    }

    @Test func anotherOptimizerIsRefused() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        #expect(throws: (any Error).self) { try train(folder, ["optimizer=adam"]) }
        let log = try folder.text("run/train.log")
        #expect(
            log.contains("other moments (none) than those of adam as configured (exp_avg and exp_avg_sq)"),
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

    /// A run that was stopped has no test metrics: with its end moved there it gets them.
    @Test func stoppedRunGetsItsSummaryWhereItEnds() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false, stopAfterStep: 6)
        #expect(try folder.text("run/summary.json").contains("\"stop_after_step\""))
        _ = try train(folder, ["max_steps=6"])
        #expect(try folder.text("run/summary.json").contains("\"max_steps\""))
    }

    /// What somebody made of it does not keep a run from going on.
    @Test func damagedConfigurationIsWrittenAnew() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false)
        let before = try folder.text("run/config.yaml")
        try "model: {mlp: [".write(toFile: folder.path("run/config.yaml"), atomically: true, encoding: .utf8)
        _ = try train(folder)
        #expect(try folder.text("run/config.yaml") == before)
        #expect(try folder.text("run/train.log").contains("could not be read: it is written anew"))
    }

    @Test func tellsWhatHasChanged() throws {
        let folder = try RunLogFolder()
        _ = try train(folder, resume: false)
        _ = try train(folder, ["max_steps=12", "optimizer.sgd.learning_rate=0.5"])
        let log = try folder.text("run/train.log")
        #expect(
            log.contains(
                "Other settings than before: max_steps: 12 instead of 10; optimizer.sgd.learning_rate: 0.5 instead of 0.1.\n"
            ))
        _ = try train(folder, ["max_steps=12", "optimizer.sgd.learning_rate=0.5"])
        #expect(try folder.text("run/train.log").components(separatedBy: "Other settings").count == 2)
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
            "Run directory: ", "Model: mlp, 67 parameters, float32", "Data: synthetic, 200 samples to train",
            "Steps: 10, 1 in an epoch; each 400 samples in 8 shards",
            "the warm-up of 10 steps is not over when the run ends, after 10",
            "batch is 400, but there are only 200", "allreduce.compression has no effect on one host",
        ] {
            #expect(log.contains(text), "\(text): \(log)")
        }
    }
}
