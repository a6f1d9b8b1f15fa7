import Foundation
import LockstepCollectives
import LockstepDatasets
import LockstepExperiment
import LockstepInference
import LockstepMetrics
import LockstepRunLog
import LockstepTasks
import LockstepText
import LockstepTraining
import Testing

/// How a text is evaluated: windows that overlap or not.
@Suite(.serialized) struct TextEvaluationTests {
    private let folder: RunLogFolder
    private let summary: RunSummary

    /// A network with some memory on a text with some structure: what stands before a byte matters.
    init() throws {
        folder = try RunLogFolder()
        let words = ["in", "the", "beginning", "was", "word", "and", "light"]
        let text = (0..<800).map { words[$0 * $0 % 7] }.joined(separator: " ")
        try Data(text.utf8).write(to: folder.url.appending(path: "text.txt"))
        let runFile = try RunFile(
            yaml: """
                model: {gru: {embedding: 8, hidden: 16}}
                data: {text: {path: \(folder.path("text.txt")), context: 16, validation: 0.1}}
                batch: 16
                max_steps: 40
                optimizer: {adam: {learning_rate: 0.02}}
                evaluate: {every_epochs: none, stride: 4}
                evaluation_block: 7
                log_every_steps: 1000
                """)
        summary = try TrainingRun(
            communicator: Communicator(), runFile: runFile, recipe: "test",
            options: .init(runDirectory: folder.path("run"))
        ).run()
    }

    private func evaluate(_ stride: String, block: Int = 7) throws -> [MetricValue] {
        let model = try TrainedModel(
            communicator: Communicator(), path: folder.path("run"),
            overrides: ["evaluate.stride=\(stride)", "evaluation_block=\(block)"])
        return try model.evaluate(.validation).values
    }

    @Test func stridesDecideWhatIsSeenBeforeAByte() throws {
        let apart = try evaluate("auto")
        #expect(try evaluate("16") == apart)
        let overlapping = try evaluate("4")
        #expect(summary.validation == overlapping)
        let nearest = try evaluate("1")
        // With more of the text before each byte the guess is better; none of the three is the same.
        let losses = [apart, overlapping, nearest].map { $0[0].value }
        #expect(losses[0] > losses[1] && losses[0] > losses[2] && losses[1] != losses[2], "\(losses)")
        // The blocks in which windows are evaluated change the order of sums alone.
        #expect(isClose(try evaluate("1", block: 50)[0].value, losses[2], 1e-5))
    }

    /// For any stride and block size, the evaluator counts every held-out byte once, and no other.
    @Test(arguments: [1, 3, 5, 16], [1, 7, 1000])
    func everyByteIsCountedOnce(_ stride: Int, _ block: Int) throws {
        let recipe = DataConfiguration.text(
            .init(
                path: folder.path("text.txt"),
                windows: .init(context: 16, validation: 0.1, randomOffset: false)))
        let data = try recipe.open(DatasetRequest(evaluationStride: stride))
        let split = EvaluationSplit(data, .validation)
        let text = Array(try Data(contentsOf: folder.url.appending(path: "text.txt")))
        let held = text.suffix(Int((Double(text.count) * 0.1).rounded()))
        var counted: [UInt8] = []
        for first in Swift.stride(from: 0, to: split.count, by: block) {
            let range = first..<min(split.count, first + block)
            let block = split.block(range)
            let (targets, leftOut) = (block[1], block[2])
            for run in LanguageModeling.countedTokens(
                context: 16, leftOut: UnsafeBufferPointer(start: leftOut.int32s, count: block.count))
            {
                counted += run.map { UInt8(targets.int32s[$0]) }
            }
        }
        #expect(counted == Array(held))
    }
}
