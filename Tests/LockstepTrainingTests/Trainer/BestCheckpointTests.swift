import Foundation
import LockstepCheckpoints
import LockstepCollectives
import LockstepExperiment
import LockstepInference
import LockstepRunLog
import LockstepTraining
import Testing

/// Which evaluation is the best, which checkpoint is kept for it, and what a resume with other settings makes
/// of both.
@Suite(.serialized) struct BestCheckpointTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// With this the loss is smallest after step 5, and early stopping ends the run after step 9.
    private static let runFile = """
        model: {mlp: {hidden: [4]}}
        data: {synthetic: {samples: 200, shape: [2], classes: 2, noise: 2.0, validation: 0.25}}
        batch: 50
        shards: 2
        max_steps: 40
        optimizer: {sgd: {learning_rate: 2.0}}
        evaluate: {every_steps: 1}
        early_stopping: {patience: 4}
        checkpoint: {every_steps: 10, every_epochs: none, keep: 1, keep_best: true}
        """

    @discardableResult
    private func train(_ more: [String] = [], resume: Bool = true) throws -> RunSummary {
        try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: Self.runFile, overrides: more),
            recipe: "test",
            options: .init(runDirectory: folder.path("run"), resume: resume)
        ).run()
    }

    private var log: String { get throws { try folder.text("run/train.log") } }

    private var checkpoints: [Int] { CheckpointStore(folder.path("run/checkpoints")).steps() }

    /// The values of a metric by step, as they were logged.
    private func evaluations(_ metric: String) throws -> [(step: Int, value: Double)] {
        try folder.lines("run/metrics.jsonl").compactMap { line in
            // Foundation's other reader of JSON does not give every number its last digit.
            let numbers = try? JSONDecoder().decode([String: Double?].self, from: Data(line.utf8))
            guard let step = numbers?["step"] ?? nil, let value = numbers?[metric] ?? nil else {
                return nil
            }
            return (Int(step), value)
        }
    }

    private func smallest(_ metric: String) throws -> (step: Int, value: Double) {
        try #require(try evaluations(metric).reduce(nil) { ($0?.value ?? .infinity) > $1.value ? $1 : $0 })
    }

    private func expect(
        best step: Int, _ value: Double, of summary: RunSummary, location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(summary.best?.step == step && summary.best?.value == value, sourceLocation: location)
        #expect(checkpoints.contains(step), "\(checkpoints)", sourceLocation: location)
    }

    @Test func aResumeWithoutEarlyStoppingKeepsTheBest() throws {
        let stopped = try train(resume: false)
        #expect(stopped.stoppedBecause == .earlyStopping)
        let best = try smallest("validation_loss")
        #expect(best.step < stopped.steps)
        try expect(best: best.step, best.value, of: stopped)
        // As the program advises; what follows is worse.
        let more = ["early_stopping=none", "optimizer.sgd.learning_rate=50", "max_steps=20"]
        let resumed = try train(more)
        #expect(resumed.steps == 20)
        #expect(try smallest("validation_loss").step == best.step)
        try expect(best: best.step, best.value, of: resumed)
        // With early stopping again the record is the same, and the patience begins with it.
        let again = try train(["optimizer.sgd.learning_rate=50"])
        #expect(again.stoppedBecause == .earlyStopping && again.steps == 24)
        try expect(best: best.step, best.value, of: again)
    }

    /// It is in the checkpoint, the summary, the table and what `inspect` shows.
    @Test func theBestIsShown() throws {
        let summary = try train(resume: false)
        let best = try smallest("validation_loss")
        let text = "validation loss \(String(format: "%.4f", best.value)) after step \(best.step)"
        #expect(summary.table.contains("best                \(text)\n"), "\(summary.table)")
        let report = try CheckpointReport(folder.path("run"), verify: false)
        #expect(report.text.contains(text), "\(report.text)")
        let object =
            try JSONSerialization.jsonObject(with: Data(folder.text("run/summary.json").utf8))
            as? [String: Any]
        let record = try #require(object?["best"] as? [String: Any])
        #expect(record["metric"] as? String == "validation_loss" && record["mode"] as? String == "min")
        #expect(record["step"] as? Int == best.step && record["value"] as? Double != nil)
        let state = try folder.text("run/checkpoints/latest/state.json")
        #expect(state.contains("\"best\":{\"step\":\(best.step),\"value\":\(best.value),"), "\(state)")
    }

    /// The evaluations at the end of a run are logged as all others are, and that of the validation set can
    /// be the best. Checkpoints are written after the same steps as without it.
    @Test(arguments: ["max_steps=5", "epochs=1"]) func theLastEvaluationCounts(_ length: String) throws {
        let settings = [
            length, "max_steps=\(length == "epochs=1" ? "none" : "5")", "evaluate.every_steps=4",
            "data.synthetic.test_samples=20", "data.synthetic.samples=350",
            "batch=\(length == "epochs=1" ? 60 : 50)",
            "checkpoint.every_steps=3",
        ]
        let summary = try train(settings, resume: false)
        #expect(summary.steps == 5 && !summary.test.isEmpty)
        let all = try evaluations("validation_loss")
        try #require(all.map(\.step) == [4, 5])
        #expect(summary.validation.first { $0.name == "loss" }?.value == all[1].value)
        let best = try smallest("validation_loss")
        try expect(best: best.step, best.value, of: summary)
        // The example has its smallest loss at the end.
        if length == "max_steps=5" { #expect(best.step == 5) }
        let state = try folder.text("run/checkpoints/latest/state.json")
        #expect(state.contains("\"best\":{\"step\":\(best.step),"), "\(state)")
        let test = try evaluations("test_loss")
        try #require(test.map(\.step) == [5])
        #expect(summary.test.first { $0.name == "loss" }?.value == test[0].value)
        #expect(try log.contains("validation after step 5:") && log.contains("test after step 5:"))
        let kept = checkpoints
        // A resume without steps adds nothing; one with more steps drops the test set's evaluation, which is
        // no longer at the end.
        let metrics = try evaluations("validation_loss").map(\.step) + evaluations("test_loss").map(\.step)
        let again = try train(settings)
        #expect(
            again.validation == summary.validation && again.test == summary.test && again.best == summary.best
        )
        #expect(
            try evaluations("validation_loss").map(\.step) + evaluations("test_loss").map(\.step) == metrics)
        #expect(checkpoints == kept)
        let longer = try train(settings.dropFirst(2) + ["max_steps=7", "epochs=10"])
        #expect(longer.steps == 7)
        #expect(try evaluations("validation_loss").map(\.step) == [4, 5, 7])
        #expect(try evaluations("test_loss").map(\.step) == [7])
    }

    /// Early stopping counts the last evaluation, so that a resumed run continues with its patience.
    @Test func theLastEvaluationCountsForThePatience() throws {
        // The loss grows from the first step on.
        let settings = [
            "optimizer.sgd.learning_rate=50", "evaluate.every_steps=2", "early_stopping.patience=2",
        ]
        try train(settings + ["max_steps=3"], resume: false)
        let state = try folder.text("run/checkpoints/latest/state.json")
        let steps = try evaluations("validation_loss")
        #expect(steps.map(\.step) == [2, 3] && steps[0].value < steps[1].value, "\(steps)")
        #expect(state.contains("\"evaluationsWithoutImprovement\":1"), "\(state)")
        let resumed = try train(settings + ["max_steps=40"])
        #expect(resumed.stoppedBecause == .earlyStopping)
    }

    /// `min_delta` ends a run; it does not choose what is kept.
    @Test func minDeltaDoesNotChooseTheBest() throws {
        let summary = try train(
            ["early_stopping={patience: 100, min_delta: 0.2}", "max_steps=12"], resume: false)
        let best = try smallest("validation_loss")
        #expect(try evaluations("validation_loss")[0].value - best.value < 0.2)
        #expect(best.step > 1)
        try expect(best: best.step, best.value, of: summary)
    }

    @Test(arguments: [
        "early_stopping={metric: validation_accuracy, patience: 40}",
        "early_stopping={patience: 40, mode: max}",
        "loss={cross_entropy: {label_smoothing: 0.2}}",
    ]) func anotherMetricBeginsAnew(_ setting: String) throws {
        try train(["max_steps=6"], resume: false)
        let resumed = try train([setting, "max_steps=8"])
        let best = try #require(resumed.best)
        #expect(best.step > 6)
        let values = try evaluations(best.watched.metric).filter { $0.step > 6 }.map(\.value)
        #expect(best.value == (best.watched.mode == .min ? values.min() : values.max()))
        #expect(checkpoints.contains(best.step))
        let text = try log
        #expect(text.contains("cannot be compared with the metric watched now"), "\(text)")
        #expect(text.contains("the best starts over") && text.contains("its patience starts over"))
    }

    /// Without early stopping there is no watched metric: the record continues.
    @Test func accuracyStaysWhatIsWatched() throws {
        let watched = "early_stopping={metric: validation_accuracy, patience: 3}"
        let stopped = try train([watched], resume: false)
        let best = try #require(stopped.best)
        #expect(best.watched.metric == "validation_accuracy" && best.watched.mode == .max)
        let resumed = try train(["early_stopping=none", "max_steps=\(stopped.steps + 3)"])
        let all = try evaluations("validation_accuracy")
        let largest = try #require(all.map(\.value).max())
        // Of equal ones the first.
        try expect(best: all.first { $0.value == largest }?.step ?? -1, largest, of: resumed)
        #expect(resumed.best?.watched == best.watched)
        #expect(try !log.contains("starts over"))
    }

    @Test func anotherMinDeltaBeginsThePatienceAnew() throws {
        let stopped = try train(resume: false)
        let resumed = try train(["early_stopping={patience: 4, min_delta: 10}"])
        #expect(resumed.steps == stopped.steps + 4)
        #expect(resumed.best?.step == stopped.best?.step || resumed.best?.step ?? 0 > stopped.steps)
        #expect(try log.contains("its patience starts over") && !log.contains("the best starts over"))
    }

    /// A larger patience continues with the current count.
    @Test func patienceMayGrow() throws {
        let stopped = try train(resume: false)
        let resumed = try train(["early_stopping={patience: 6}", "optimizer.sgd.learning_rate=50"])
        #expect(resumed.steps == stopped.steps + 2)
        #expect(resumed.best == stopped.best)
    }

    @Test func equalValuesAreNotBetter() throws {
        let summary = try train(
            ["optimizer.sgd.learning_rate=1e-30", "early_stopping={patience: 3}"], resume: false)
        #expect(summary.steps == 4)
        try expect(best: 1, try smallest("validation_loss").value, of: summary)
    }

    @Test func aDamagedBestCheckpointDoesNotCount() throws {
        let stopped = try train(resume: false)
        let best = try #require(stopped.best)
        #expect(
            truncate(
                CheckpointStore(folder.path("run/checkpoints")).path(best.step) + "/model.safetensors", 9)
                == 0)
        let resumed = try train(["early_stopping=none", "max_steps=\(stopped.steps + 2)"])
        #expect(resumed.best?.step ?? 0 > stopped.steps)
        #expect(try log.contains("is missing or damaged"))
        #expect(checkpoints.contains(resumed.best?.step ?? 0))
    }

    /// A run that an older version stopped: what it watched is in its configuration.
    @Test(arguments: [
        ("early_stopping=none", false), ("early_stopping={metric: validation_accuracy, patience: 9}", true),
    ]) func runsOfOlderVersions(_ setting: String, _ beginsAnew: Bool) throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/older/early-stopped")
        try FileManager.default.copyItem(at: fixture, to: URL(filePath: folder.path("run")))
        let resumed = try train([setting, "optimizer.sgd.learning_rate=50", "max_steps=12"])
        #expect(resumed.steps == 12)
        if beginsAnew {
            #expect(resumed.best?.watched.metric == "validation_accuracy" && resumed.best?.step ?? 0 > 9)
        } else {
            try expect(best: 5, 0.6951763638617394, of: resumed)
        }
        #expect(try log.contains("the best starts over") == beginsAnew)
    }
}
