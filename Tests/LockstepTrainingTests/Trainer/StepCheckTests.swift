import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepRunLog
import LockstepTraining
import Testing

/// What would end a run in one of its steps is mended or refused before the first.
@Suite(.serialized) struct StepCheckTests {
    private func train(
        _ folder: RunLogFolder, samples: Int, batch: Int, shards: Int? = nil, model: String = "[8]",
        _ more: [String] = [], resume: Bool = false, stopAfterStep: Int? = nil
    ) throws -> RunSummary {
        let runFile = try RunFile(
            yaml: """
                model: {mlp: {hidden: \(model), batch_norm: true}}
                data: {synthetic: {samples: \(samples), shape: [4], classes: 3}}
                batch: \(batch)
                epochs: 1
                optimizer: {sgd: {learning_rate: 0.1}}
                """, overrides: (shards.map { ["shards=\($0)"] } ?? []) + more)
        return try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(
                runDirectory: folder.path("run"), resume: resume, limits: .init(stopAfterStep: stopAfterStep))
        ).run()
    }

    /// The message of a run that is refused; a mistake of the run file, not a failure.
    private func refusal(_ body: () throws -> RunSummary) -> String? {
        let failure = #expect(throws: AgreedFailure.self) { try body() }
        #expect(failure?.status == .mistake)
        return failure?.description
    }

    /// Every size of an epoch's last step but 1 trains, and so do batches with fewer than two samples for a
    /// shard.
    @Test(arguments: [
        (905, 100, 8), (915, 100, 8), (902, 100, 8), (903, 100, 8), (65, 12, 8), (64, 8, 8), (47, 9, 5),
        (14, 10, 4),
    ])
    func smallStepsWithBatchNormalization(_ samples: Int, _ batch: Int, _ shards: Int) throws {
        let folder = try RunLogFolder()
        let summary = try train(folder, samples: samples, batch: batch, shards: shards)
        #expect(summary.steps == (samples + batch - 1) / batch)
        #expect(
            try folder.text("run/train.log").contains(
                "batch normalization needs 2 samples per shard: steps of "))
    }

    /// A step of one sample is refused, and what the message advises trains.
    @Test(arguments: [
        (901, 100, 8, "step 10 has a single sample", 101), (9, 8, 2, "step 2 has a single sample", 9),
        (7, 3, 2, "step 3", 4),
    ])
    func singleSample(_ samples: Int, _ batch: Int, _ shards: Int, _ words: String, _ advised: Int) throws {
        let folder = try RunLogFolder()
        let error = try #require(
            refusal { try train(folder, samples: samples, batch: batch, shards: shards) })
        #expect(
            error.contains("batch: ") && error.contains(words) && error.hasSuffix("set batch to \(advised)"),
            "\(error)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
        _ = try train(folder, samples: samples, batch: advised, shards: shards)
    }

    @Test func singleSampleThatIsNeverReached() throws {
        let folder = try RunLogFolder()
        #expect(try train(folder, samples: 901, batch: 100, ["max_steps=9"]).steps == 9)
        // A resume keeps the batch: the advice differs, and works.
        let error = try #require(
            refusal { try train(folder, samples: 901, batch: 100, ["max_steps=none"], resume: true) })
        #expect(error.contains("start a new one with another batch"), "\(error)")
        let other = try RunLogFolder()
        _ = try train(other, samples: 901, batch: 100, ["max_steps=9"], stopAfterStep: 5)
        let second = try #require(refusal { try train(other, samples: 901, batch: 100, resume: true) })
        #expect(second.hasSuffix("end the run before it with --set max_steps=9"), "\(second)")
        #expect(try train(other, samples: 901, batch: 100, ["max_steps=9"], resume: true).steps == 9)
    }

    @Test func onlySampleOfAll() throws {
        let folder = try RunLogFolder()
        let error = try #require(refusal { try train(folder, samples: 1, batch: 1) })
        #expect(error.contains("model: ") && error.contains("train with more samples"), "\(error)")
    }

    /// Images have many values per channel: shards of one sample are fine, and cut as ever.
    @Test func imagesOfOneSample() throws {
        let folder = try RunLogFolder()
        let summary = try train(
            folder, samples: 9, batch: 8,
            [
                "model={cnn: {stages: [{channels: 4, batch_norm: true}], dense: []}}",
                "data.synthetic.shape=[4, 4, 1]",
            ])
        #expect(summary.steps == 2)
        #expect(try !folder.text("run/train.log").contains("batch normalization needs"))
    }

    @Test(arguments: [
        (
            ["loss={cross_entropy: {class_weights: [0, 0, 1]}}"], "loss.cross_entropy.class_weights",
            "have classes with weight 0"
        ),
        (
            ["loss={cross_entropy: {class_weights: [0, 0, 0]}}"], "loss.cross_entropy.class_weights",
            "have classes with weight 0"
        ),
        (
            ["data.synthetic.validation=0.2", "early_stopping={metric: validation_top_5_accuracy}"],
            "early_stopping.metric", "with 3 classes, every prediction is among the top 5"
        ),
        (
            ["schedule={step: {every: 1, factor: 1000000}}", "max_steps=20", "batch=4", "shards=2"],
            "schedule.step", "beyond float32"
        ),
    ])
    func othersThatAreKnown(_ settings: [String], _ path: String, _ words: String) throws {
        let folder = try RunLogFolder()
        let error = try #require(refusal { try train(folder, samples: 40, batch: 2, settings) })
        #expect(error.contains("\(path): ") && error.contains(words), "\(error)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("run")))
    }

    /// A weight of 0 is legal as long as every step has samples that weigh something.
    @Test func weightsOfZero() throws {
        let folder = try RunLogFolder()
        let weights = "loss={cross_entropy: {class_weights: [0, 1, 1]}}"
        #expect(try train(folder, samples: 90, batch: 30, [weights]).steps == 3)
    }

    @Test(arguments: [
        (
            ["schedule={milestones: {milestones: [900]}}"],
            "schedule.milestones never reduces the learning rate"
        ),
        (["schedule={step: {every: 500}}"], "schedule.step never reduces the learning rate"),
        (
            ["data.synthetic.validation=0.2", "early_stopping={patience: 1}", "evaluate={every_steps: 90}"],
            "early_stopping has no effect"
        ),
        (
            ["data.synthetic.validation=0.2", "checkpoint.keep_best=true", "evaluate={every_epochs: 3}"],
            "checkpoint.keep_best has no effect"
        ),
        (
            [
                "data.synthetic.validation=0.2", "checkpoint.keep_best=true", "early_stopping={patience: 1}",
                "evaluate={every_epochs: 3}",
            ],
            "early_stopping and checkpoint.keep_best have no effect"
        ),
    ])
    func warnsOfWhatComesAfterTheEnd(_ settings: [String], _ words: String) throws {
        let folder = try RunLogFolder()
        _ = try train(folder, samples: 90, batch: 30, settings)
        #expect(try folder.text("run/train.log").contains(words))
    }

    /// A schedule that is stretched over more steps makes the learning rate jump; a message says so.
    @Test(arguments: ["cosine", "polynomial", "one_cycle"])
    func longerSchedules(_ name: String) throws {
        let folder = try RunLogFolder()
        let schedule = "schedule={\(name): {}}"
        _ = try train(folder, samples: 80, batch: 20, [schedule])
        _ = try train(folder, samples: 80, batch: 20, [schedule, "epochs=3"], resume: true)
        let log = try folder.text("run/train.log")
        #expect(
            log.contains("The learning rate changes from ")
                && log.contains("in step 5: schedule.\(name) now spans 12 steps instead of 4."), "\(log)")
        let constant = try RunLogFolder()
        _ = try train(constant, samples: 80, batch: 20)
        _ = try train(constant, samples: 80, batch: 20, ["epochs=3"], resume: true)
        #expect(try !constant.text("run/train.log").contains("The learning rate changes"))
    }

    /// Few samples of a shard give a warning where there is batch normalization.
    @Test(arguments: [(56, 8, "7 samples (batch 56 in 8 shards)"), (64, 8, nil), (7, 1, "7 samples")])
    func warnsOfFewSamplesForNormalization(_ batch: Int, _ shards: Int, _ words: String?) throws {
        let folder = try RunLogFolder()
        _ = try train(folder, samples: 448, batch: batch, shards: shards, ["max_steps=2"])
        let log = try folder.text("run/train.log")
        #expect(log.contains("batch normalization uses the mean and variance") == (words != nil), "\(log)")
        #expect(words.map(log.contains) ?? true, "\(log)")
        let plain = try RunLogFolder()
        _ = try train(
            plain, samples: 448, batch: batch, shards: shards, ["max_steps=2", "model.mlp.batch_norm=false"])
        #expect(try !plain.text("run/train.log").contains("batch normalization"))
    }
}
