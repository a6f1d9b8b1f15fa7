import Foundation
import Testing

/// Language models from the command: texts, what can be wrong with them, and what a trained one writes.
@Suite(.serialized) struct LanguageModelTests {
    private func runFile(_ data: String, model: String = RunFiles.gpt, extra: String = "") -> String {
        """
        model: \(model)
        data: \(data)
        batch: 8
        max_steps: 5
        optimizer: {adamw: {learning_rate: 0.001}}
        \(extra)
        """
    }

    private func refusal(_ directory: TemporaryDirectory, _ text: String) throws -> String {
        let file = try directory.write("run.yaml", text)
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", directory.path("run")], timeout: 60)
        #expect(result.status != 0 && !result.timedOut)
        let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("lockstep: ") }
        #expect(lines.count == 1, "\(result.tail)")
        return String(lines.first ?? "")
    }

    @Test func textsThatCannotBeUsed() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("empty.txt", "")
        _ = try directory.write("short.txt", "In the beginning")
        let empty = try refusal(directory, runFile("{text: {path: \(directory.path("empty.txt"))}}"))
        #expect(empty.contains("empty.txt") && empty.contains("empty"), "\(empty)")
        let short = try refusal(
            directory, runFile("{text: {path: \(directory.path("short.txt")), context: 64}}"))
        #expect(short.contains("too short for one window"), "\(short)")
        let missing = try refusal(directory, runFile("{text: {path: \(directory.path("missing.txt"))}}"))
        #expect(missing.contains("missing.txt"), "\(missing)")
        let folder = try refusal(directory, runFile("{text: {path: \(directory.path("."))}}"))
        #expect(folder.contains("this is a folder"), "\(folder)")
    }

    @Test func modelsThatDoNotFit() throws {
        let directory = try TemporaryDirectory()
        let heads = try refusal(
            directory, runFile(RunFiles.Data.text.rawValue, model: "{gpt: {width: 64, heads: 5}}"))
        #expect(heads.contains("gpt.heads") && heads.contains("5 heads do not divide"), "\(heads)")
        let images = try refusal(directory, runFile(RunFiles.Data.fashion.rawValue))
        #expect(images.contains("language model"), "\(images)")
        let network = try refusal(directory, runFile(RunFiles.Data.text.rawValue, model: RunFiles.mlp))
        #expect(network.contains("text"), "\(network)")
    }

    @Test func mixedPrecisionNeedsAProcessorThatHasIt() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml", runFile(RunFiles.Data.text.rawValue, extra: "precision: bf16"))
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", directory.path("run")],
            environment: ["ONEDNN_MAX_CPU_ISA": "AVX2"], timeout: 60)
        #expect(result.status == 1)
        #expect(result.output.contains("precision: bf16 needs a processor"), "\(result.tail)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("run/checkpoints/latest")))
    }

    @Test(arguments: [RunFiles.gpt, RunFiles.gru]) func writesTexts(_ model: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile(RunFiles.Data.text.rawValue, model: model))
        let run = directory.path("run")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        func generate(_ options: [String]) throws -> CommandResult {
            try CommandRunner.lockstep(ranks: 1, ["generate", run] + options, timeout: 60)
        }
        // Longer than the context: the window slides.
        let first = try generate(["--prompt", "In the", "--length", "50", "--seed", "4"])
        #expect(first.status == 0, "\(first.tail)")
        #expect(first.output.contains("In the"))
        #expect(try generate(["--prompt", "In the", "--length", "50", "--seed", "4"]).output == first.output)
        #expect(try generate(["--prompt", "In the", "--length", "50", "--seed", "5"]).output != first.output)
        let foreign = try generate(["--prompt", "In the caf\u{E9}"])
        #expect(foreign.status == 1)
        #expect(
            foreign.output.contains("has byte 195 at place 10, which is outside the model's vocabulary"),
            "\(foreign.tail)")
        #expect(try generate(["--prompt", ""]).output.contains("the prompt is empty"))
        #expect(try generate(["--temperature", "0"]).output.contains("--temperature must be above 0"))
    }

    @Test func onlyLanguageModelsWriteTexts() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 64, shards: 1, steps: 2))
        let run = directory.path("run")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        let result = try CommandRunner.lockstep(ranks: 1, ["generate", run], timeout: 60)
        #expect(result.status == 1 && result.output.contains("is not of a language model"), "\(result.tail)")
    }
}
