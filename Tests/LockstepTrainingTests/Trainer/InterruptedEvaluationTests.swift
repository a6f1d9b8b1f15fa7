import Foundation
import LockstepCollectives
import LockstepDataParallel
import LockstepExperiment
import LockstepRunLog
import LockstepTraining
import Synchronization
import Testing

/// A stop that comes during an evaluation: it has no result, and the resumed run makes up for it.
@Suite(.serialized) struct InterruptedEvaluationTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    /// Evaluates 10 blocks after every third step, and 10 blocks of the test set at the end.
    private static let runFile = """
        model: {mlp: {hidden: [4]}}
        data: {synthetic: {samples: 400, test_samples: 100, shape: [2], classes: 2, noise: 2.0, validation: 0.25}}
        batch: 50
        max_steps: 9
        evaluation_block: 10
        optimizer: {sgd: {learning_rate: 2.0}}
        evaluate: {every_steps: 3}
        checkpoint: {every_steps: 4, every_epochs: none, keep_best: true}
        early_stopping: {patience: 100}
        """

    /// Trains.
    /// - Parameter block: the block, of all that are evaluated, before which a signal asks to stop; nil for
    ///   none.
    @discardableResult
    private func train(_ run: String, stopBefore block: Int? = nil, _ more: [String] = []) throws
        -> RunSummary
    {
        let evaluated = Atomic<Int>(0)
        let observer = TrainerObserver(beforeEvaluationBlock: { _ in
            if evaluated.wrappingAdd(1, ordering: .relaxed).oldValue == block {
                raise(SIGUSR1)
                // Ranks look at flags about ten times a second.
                usleep(250_000)
            }
        })
        defer { try? StopRequest().remove() }
        return try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: Self.runFile, overrides: more),
            recipe: "test",
            options: .init(runDirectory: folder.path(run), resume: true, limits: .init(observer: observer))
        ).run()
    }

    /// The records without what depends on the clock.
    private func records(_ run: String) throws -> [String] {
        try folder.lines("\(run)/metrics.jsonl").map { line in
            line.replacing(#/, "(samples_per_second|seconds)": [^,}]*/#, with: "")
        }
    }

    private func best(_ run: String) throws -> String {
        let state = try folder.text("\(run)/checkpoints/latest/state.json")
        return try #require(state.split(separator: "\n").first { $0.hasPrefix("\"best\"") }.map(String.init))
    }

    /// In the middle of the first evaluation, of the last due one, of the last step's.
    @Test(arguments: [3, 14, 23]) func theEvaluationIsMadeUpFor(_ block: Int) throws {
        let whole = try train("whole")
        let stopped = try train("cut", stopBefore: block)
        #expect(stopped.stoppedBecause == .signal)
        #expect(stopped.steps == 3 * (1 + block / 10))
        #expect(stopped.validation.isEmpty && stopped.test.isEmpty)
        let evaluations = try records("cut").filter { $0.contains("validation_loss") }
        #expect(evaluations.count == block / 10)
        #expect(
            try folder.text("cut/checkpoints/latest/state.json").contains("\"isEvaluationPending\":true"))
        let resumed = try train("cut")
        #expect(resumed.stoppedBecause == .maxSteps)
        #expect(resumed.validation == whole.validation && resumed.test == whole.test)
        #expect(try records("cut") == records("whole"))
        #expect(try best("cut") == best("whole"))
        #expect(
            try !folder.text("cut/checkpoints/latest/state.json").contains("isEvaluationPending"))
    }

    /// Interrupted again during its repetition, then by a kill after it: one record in the end.
    @Test func interruptedAgainAndAgain() throws {
        try train("whole")
        try train("cut", stopBefore: 3)
        let again = try train("cut", stopBefore: 0)
        #expect(again.steps == 3 && again.stoppedBecause == .signal)
        // As after a kill between the evaluation and the next checkpoint.
        let copy = folder.path("copy")
        try FileManager.default.copyItem(atPath: folder.path("cut"), toPath: copy)
        try train("cut", ["max_steps=5"])
        try FileManager.default.removeItem(atPath: copy + "/metrics.jsonl")
        try FileManager.default.copyItem(
            atPath: folder.path("cut/metrics.jsonl"), toPath: copy + "/metrics.jsonl")
        try train("copy")
        #expect(try records("copy") == records("whole"))
    }

    /// The test set's evaluation, at the end.
    @Test func theLastEvaluation() throws {
        let whole = try train("whole")
        let stopped = try train("cut", stopBefore: 34)
        #expect(stopped.stoppedBecause == .signal && stopped.steps == 9)
        #expect(stopped.validation == whole.validation && stopped.test.isEmpty)
        let resumed = try train("cut")
        #expect(resumed.test == whole.test && resumed.stoppedBecause == .maxSteps)
        #expect(try records("cut") == records("whole"))
    }

    /// The time limit is looked at as a signal is.
    @Test func theTimeLimit() throws {
        let whole = try train("whole")
        let evaluated = Atomic<Int>(0)
        let observer = TrainerObserver(beforeEvaluationBlock: { _ in
            if evaluated.wrappingAdd(1, ordering: .relaxed).oldValue == 3 { usleep(1_500_000) }
        })
        let stopped = try TrainingRun(
            communicator: Communicator(),
            runFile: RunFile(yaml: Self.runFile, overrides: ["time_limit=1"]), recipe: "test",
            options: .init(runDirectory: folder.path("cut"), limits: .init(observer: observer))
        ).run()
        #expect(stopped.stoppedBecause == .timeLimit && stopped.steps == 3)
        #expect(try train("cut").test == whole.test)
        #expect(try records("cut") == records("whole"))
    }
}
