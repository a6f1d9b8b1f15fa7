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
        #expect(result.status == 2)
        #expect(result.output.contains("precision: bf16 needs a processor"), "\(result.tail)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("run/checkpoints/latest")))
    }

    @Test(arguments: [RunFiles.gpt, RunFiles.gru]) func writesTexts(_ model: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile(RunFiles.Data.text.rawValue, model: model))
        let run = directory.path("run")
        let trained = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run])
        #expect(trained.status == 0, "\(trained.tail)")
        // Samples of a text are windows, everywhere.
        for word in [" training windows", " windows/s ", "windows per second"] {
            #expect(trained.output.contains(word), "\(trained.output)")
        }
        #expect(!trained.output.contains("samples"), "\(trained.output)")
        let evaluated = try CommandRunner.lockstep(ranks: 1, ["evaluate", run], timeout: 60)
        #expect(evaluated.output.contains(" windows\n"), "\(evaluated.output)")
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
        #expect(foreign.status == 2)
        #expect(
            foreign.output.contains("has byte 195 at position 10, which is outside the model's vocabulary"),
            "\(foreign.tail)")
    }

    /// Options are checked before anything is read: here there is no model at all.
    @Test(arguments: [
        (["--prompt", ""], "the prompt is empty"), (["--temperature", "0"], "--temperature must be above 0"),
        (["--top-k", "0"], "--top-k must be 1 or more"), (["--top-p", "1.5"], "--top-p must be above 0"),
        (["--length=-1"], "--length must be 0 or more"),
    ]) func optionsAreCheckedFirst(_ options: [String], _ message: String) throws {
        let result = try CommandRunner.lockstep(
            ranks: 1, ["generate", "/nowhere"] + options, timeout: 60)
        #expect(result.status != 0 && result.output.contains(message), "\(result.tail)")
        #expect(!result.output.contains("/nowhere"), "\(result.tail)")
    }

    /// A text without newlines or spaces has a default prompt, too.
    @Test func textsWithoutLines() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("text.txt", String(repeating: "abcdefgh", count: 400))
        let file = try directory.write(
            "run.yaml", runFile("{text: {path: \(path), context: 16}}", extra: "seed: 1"))
        let run = directory.path("run")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        let text = try CommandRunner.lockstep(
            ranks: 1, ["generate", run, "--length", "4", "--greedy"], timeout: 60)
        #expect(text.status == 0 && text.output.hasPrefix("a"), "\(text.tail)")
    }

    @Test func overlappingWindowsHaveTheSameBitsOnAnyNumberOfRanks() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile(RunFiles.Data.text.rawValue, model: RunFiles.gru))
        let run = directory.path("run")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        let metrics = try (1...3).map { ranks in
            let json = directory.path("\(ranks).json")
            let result = try CommandRunner.lockstep(
                ranks: ranks,
                [
                    "evaluate", run, "--stride", "24", "--set", "data.king_james.validation=0.005", "--json",
                    json,
                ])
            #expect(result.status == 0, "\(result.tail)")
            return try String(contentsOfFile: json, encoding: .utf8)
        }
        #expect(metrics[1] == metrics[0] && metrics[2] == metrics[0], "\(metrics)")
        #expect(metrics[0].contains("\"bits_per_byte\""))
        for stride in ["0", "33"] {
            let result = try CommandRunner.lockstep(
                ranks: 2, ["evaluate", run, "--stride", stride], timeout: 60)
            let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("lockstep: ") }
            #expect(result.status != 0 && lines.count == 1, "\(result.tail)")
            #expect(lines.first?.contains("evaluate.stride: must be") == true, "\(result.tail)")
        }
    }

    @Test func onlyLanguageModelsWriteTexts() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 64, shards: 1, steps: 2))
        let run = directory.path("run")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        let result = try CommandRunner.lockstep(ranks: 1, ["generate", run], timeout: 60)
        #expect(result.status == 2 && result.output.contains("is not of a language model"), "\(result.tail)")
    }
}
