import Foundation
import LockstepCollectives
import LockstepExperiment
import LockstepTraining
import Testing

/// Runs in tables: `lockstep runs`, `lockstep diff`, and tags.
@Suite(.serialized) struct RunListTests {
    private let folder: RunLogFolder
    init() throws { folder = try RunLogFolder() }

    private static let runFile = """
        model: {mlp: {hidden: [4]}}
        data: {synthetic: {samples: 100, shape: [2], classes: 2, validation: 0.25}}
        batch: 25
        shards: 2
        max_steps: 6
        optimizer: {sgd: {learning_rate: 0.1}}
        evaluate: {every_steps: 2}
        """

    private func train(
        _ name: String, _ more: [String] = [], tags: [String] = [], resume: Bool = false,
        stopAfter step: Int? = nil
    ) throws {
        _ = try TrainingRun(
            communicator: Communicator(), runFile: RunFile(yaml: Self.runFile, overrides: more),
            recipe: "test",
            options: .init(
                runDirectory: folder.path(name), resume: resume, limits: .init(stopAfterStep: step),
                tags: tags)
        ).run()
    }

    @Test func statusBestAndTags() throws {
        try train("done", tags: ["base line", "a"])
        try train("cut", tags: ["a"], stopAfter: 3)
        try? FileManager.default.createDirectory(
            atPath: folder.path("none"), withIntermediateDirectories: true)
        let list = try RunList([folder.url.path])
        #expect(list.runs.map(\.path) == [folder.path("done"), folder.path("cut")])
        let (done, cut) = (list.runs[0], list.runs[1])
        #expect(done.status == .finished && done.steps == 6 && done.tags == ["base line", "a"])
        #expect(
            done.best?.metric == "validation_loss" && done.best.map { [2, 4, 6].contains($0.step) } == true)
        #expect(cut.status == .stopped && cut.steps == 3 && cut.best?.step == 2 && cut.byteCount > 1000)
        let lines = list.table(now: (cut.changed ?? 0) + 7300).split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("run  "))
        #expect(lines[1].contains("finished") && lines[1].hasSuffix("base line, a"))
        #expect(lines[2].contains("stopped") && lines[2].contains("  2 h  "), "\(lines[2])")
        #expect(try RunList([folder.path("cut")]).runs.count == 1)
        #expect(try RunList([folder.url.path], tag: "base line").runs.map(\.path) == [folder.path("done")])
        #expect(throws: (any Error).self) { try RunList([folder.path("nowhere")]) }
    }

    /// A tag is kept once, and a resume adds to them.
    @Test func aResumeAddsTags() throws {
        try train("run", tags: ["a", "b"], stopAfter: 3)
        try train("run", tags: ["b", "c"], resume: true)
        #expect(RunTags.read(folder.path("run")) == ["a", "b", "c"])
        for tag in ["", "  ", "a,b", "a\nb", "\u{1B}[1m", String(repeating: "x", count: 65)] {
            #expect(throws: (any Error).self) { try RunTags.check([tag]) }
        }
        try RunTags.check(["base line", String(repeating: "x", count: 64), "größer"])
    }

    /// A run that has logged more steps than its last end did not come to another one.
    @Test func aRunWithoutAnEndHasFailed() throws {
        try train("run")
        let log = URL(filePath: folder.path("run/metrics.jsonl"))
        let text =
            try String(contentsOf: log, encoding: .utf8) + "{\"step\": 9, \"epoch\": 3}\n{\"step\": 10, \"ep"
        try text.write(to: log, atomically: true, encoding: .utf8)
        let run = RunRecord(folder.path("run"))
        #expect(run.status == .failed && run.steps == 9 && run.best?.metric == "validation_loss")
        try FileManager.default.removeItem(atPath: folder.path("run/summary.json"))
        #expect(RunRecord(folder.path("run")).status == .failed)
        // Not readable, damaged or missing files are no trap.
        for name in ["metrics.jsonl", "summary.json", "tags"] {
            try Data([0xFF, 0x7B]).write(to: URL(filePath: folder.path("run/\(name)")))
        }
        #expect(RunRecord(folder.path("run")).steps == 6)
    }

    @Test func twoRunsSideBySide() throws {
        try train("one")
        try train("two", ["optimizer={adam: {learning_rate: 0.01}}", "seed=7"])
        let comparison = try RunComparison(folder.path("one"), folder.path("two"))
        let seed = try #require(comparison.keys.first { $0.name == "seed" })
        #expect(seed.first == "1" && seed.second == "7")
        let rate = try #require(comparison.keys.first { $0.name == "optimizer.adam.learning_rate" })
        #expect(rate.first == "-" && rate.second == "0.01")
        #expect(!comparison.keys.contains { $0.name == "batch" })
        let names = comparison.figures.map(\.name)
        for name in ["status", "final_train_loss", "validation_loss", "best validation_loss", "steps"] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(comparison.text.contains("stopped_because"))
        let same = try RunComparison(folder.path("one"), folder.path("one"))
        #expect(same.keys.isEmpty && same.text.hasPrefix("The configurations are equal.\n"))
        #expect(throws: (any Error).self) { try RunComparison(folder.path("one"), folder.url.path) }
    }
}
