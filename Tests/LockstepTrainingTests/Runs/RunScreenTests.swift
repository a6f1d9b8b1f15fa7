import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepTraining
import Testing

/// What a run writes besides its numbers: the watched metric, the unit of the loss, and what to do next.
@Suite(.serialized) struct RunScreenTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// Trains a regression for 30 steps and returns `train.log`.
    private func log(
        _ more: [String] = [], limits: Trainer.Limits = .init(), output: RunOutput = .init(),
        arguments: [String] = ["train", "my run.yaml"]
    ) throws -> String {
        let table = (0..<80).map { "\($0 % 7),\(1000 + 3 * ($0 % 7))" }
        try Data((["x,y"] + table).joined(separator: "\n").utf8).write(
            to: URL(filePath: folder.path("table.csv")))
        let runFile = """
            model: {mlp: {hidden: [4]}}
            data: {csv: {train: \(folder.path("table.csv")), target: y, task: regression, validation: 0.25}}
            batch: 20
            shards: 2
            max_steps: 30
            optimizer: {sgd: {learning_rate: 0.01}}
            evaluate: {every_steps: 10}
            early_stopping: {metric: validation_r2, mode: max, patience: 9}
            log_every_steps: 1
            """
        _ = try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: runFile, overrides: more), recipe: "test",
            options: .init(
                runDirectory: folder.path("run"), limits: limits, output: output, arguments: arguments)
        ).run()
        return try folder.text("run/train.log")
    }

    @Test func unitsWatchedMetricAndAdvice() throws {
        let text = try log(output: .init(.verbose))
        #expect(text.contains("Loss: of standardized targets"))
        #expect(text.contains("loss (standardized targets)"))
        let evaluation = try #require(text.split(separator: "\n").first { $0.contains("after step 10:") })
        #expect(evaluation.contains("  root_mean_squared_error ") && evaluation.contains("  r2 "))
        let shown = try #require(text.split(separator: "\n").first { $0.contains(" step 11/30 ") })
        #expect(shown.contains("  val r2 "), "\(shown)")
        #expect(text.contains(" evaluate \(folder.path("run")) --split validation\n"))
        #expect(text.contains(" plot \(folder.path("run")) --output run.svg\n"))
        #expect(text.matches(of: #/ step \d+\/30 /#).count == 30)
    }

    /// The lines of a short run are few, and metrics.jsonl has every step.
    @Test func linesAndRecordsAreTwoSettings() throws {
        let text = try log(
            ["data.csv.standardize_targets=false", "optimizer.sgd.learning_rate=0"],
            output: .init(interval: 1000), arguments: [])
        #expect(!text.contains("standardized") && !text.contains("Next:"))
        #expect(text.matches(of: #/ step \d+\/30 /#).count == 2)
        let records = try folder.lines("run/metrics.jsonl").filter { $0.contains("\"learning_rate\"") }
        #expect(records.count == 30)
    }

    @Test func aStoppedRunSaysHowToContinue() throws {
        let text = try log(limits: .init(stopAfterStep: 4), output: .init(.quiet))
        #expect(
            text.contains(" train 'my run.yaml' --run-dir \(folder.path("run")) --resume\n"), "\(text)")
    }
}
