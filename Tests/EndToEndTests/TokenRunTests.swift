import Foundation
import Testing

/// Runs on files of tokens, and on texts with a tokenizer.
@Suite(.serialized) struct TokenRunTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    /// A tokenizer of 480 tokens (scripts/fixtures/tokens.py).
    private func tokenizer() throws -> String {
        let path = directory.path("tokenizer.json")
        let fixture = CommandRunner.repository.appendingPathComponent("Tests/Fixtures/tokens/gpt2.json")
        if !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.copyItem(atPath: fixture.path, toPath: path)
        }
        return path
    }

    /// Numbers below 480, each of which depends on the one before it.
    private func tokens(_ name: String, count: Int = 20_000) throws -> String {
        var (bytes, token) = ([UInt8](), 1)
        for number in 0..<count {
            token = (token * 17 + number / 7 % 3) % 480
            bytes += [UInt8(token & 255), UInt8(token >> 8)]
        }
        try Data(bytes).write(to: URL(fileURLWithPath: directory.path(name)))
        return directory.path(name)
    }

    private func text() throws -> String {
        let words = ["In the", "beginning", "God", "created", "the heaven", "and the earth.", "naïve", "🙂\n"]
        return try directory.write(
            "text.txt", (0..<6000).map { words[$0 * $0 % 61 % 8] }.joined(separator: " "))
    }

    private func data(_ kind: String) throws -> String {
        switch kind {
        case "text":
            return try "{text: {path: \(text()), tokenizer: \(tokenizer()), context: 16, validation: 0.05}}"
        case "tokens with a tokenizer":
            return try
                "{tokens: {path: \(tokens("a.bin")), tokenizer: \(tokenizer()), context: 16, validation: 0.05}}"
        default:
            return try "{tokens: {path: \(tokens("a.bin")), vocabulary: 500, context: 16, validation: 0.05}}"
        }
    }

    private func runFile(_ data: String, steps: Int = 12, extra: String = "") throws -> String {
        try directory.write(
            "run.yaml",
            """
            model: \(RunFiles.gpt)
            data: \(data)
            batch: 14
            shards: 4
            threads: 1
            max_steps: \(steps)
            optimizer: {adamw: {learning_rate: 0.003}}
            checkpoint: {every_steps: 5, keep: 3}
            evaluate: {every_steps: 6}
            log_every_steps: 1
            seed: 1
            \(extra)
            """)
    }

    private func train(_ file: String, ranks: Int, _ run: String, _ extra: [String] = []) throws
        -> CommandResult
    {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", directory.path(run)] + extra, timeout: 300)
    }

    private func results(_ run: String) throws -> RunResults { try RunResults(directory.path(run)) }

    @Test(arguments: ["text", "tokens"]) func sameBitsOnAnyNumberOfRanks(_ kind: String) throws {
        let file = try runFile(data(kind))
        let whole = try train(file, ranks: 1, "one")
        #expect(whole.status == 0, "\(whole.tail)")
        for ranks in 2...3 {
            let result = try train(file, ranks: ranks, "ranks-\(ranks)")
            #expect(result.status == 0, "\(result.tail)")
            #expect(try results("ranks-\(ranks)").difference(from: results("one")) == nil, "\(ranks) ranks")
        }
        let cut = try train(file, ranks: 2, "cut", ["--stop-after-step", "7"])
        #expect(cut.status == 0, "\(cut.tail)")
        let resumed = try train(file, ranks: 3, "cut", ["--resume"])
        #expect(resumed.status == 0, "\(resumed.tail)")
        #expect(try results("cut").difference(from: results("one")) == nil)
    }

    private func lockstep(_ arguments: [String], status: Int32 = 0) throws -> String {
        let result = try CommandRunner.lockstep(ranks: 1, arguments, timeout: 60)
        #expect(result.status == status, "\(result.output)")
        return result.output
    }

    /// What is needed is in the checkpoint: the files of tokenizer and data are gone.
    @Test(arguments: ["text", "tokens with a tokenizer"]) func textsFromACheckpoint(_ kind: String) throws {
        let trained = try train(runFile(data(kind)), ranks: 2, "run")
        #expect(trained.status == 0 && trained.output.contains("generate"), "\(trained.tail)")
        #expect(trained.output.contains("--prompt TEXT"), "\(trained.tail)")
        let run = directory.path("run")
        try FileManager.default.removeItem(atPath: tokenizer())
        let json = directory.path("e.json")
        _ = try lockstep(["evaluate", run, "--json", json])
        let values = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json))) as? [String: Any]
        )
        let bits = try #require(values["bits_per_byte"] as? Double)
        let perplexity = try #require(values["perplexity"] as? Double)
        // A token has more than a byte, and less than 6.
        #expect(bits < log2(perplexity) && bits > log2(perplexity) / 6, "\(values)")
        for name in ["a.bin", "text.txt"] {
            try? FileManager.default.removeItem(atPath: directory.path(name))
        }
        let prompt = "In the naïve 🙂"
        let first = try lockstep(["generate", run, "--prompt", prompt, "--length", "40", "--seed", "4"])
        #expect(first.hasPrefix(prompt) && first.utf8.count > prompt.utf8.count + 20, "\(first)")
        #expect(
            try lockstep(["generate", run, "--prompt", prompt, "--length", "40", "--seed", "4"]) == first)
        #expect(try lockstep(["generate", run, "--prompt-tokens", "40,77", "--length", "0"]) == "\n")
        // Token ids are a prompt, too; what follows is a text.
        let some = try lockstep(["generate", run, "--prompt-tokens", "41, 78", "--length", "1", "--greedy"])
        #expect(some.hasPrefix("In"), "\(some)")
        #expect(try lockstep(["generate", run, "--length", "3"]).hasPrefix("\n"))
        let module = directory.path("module.py")
        _ = try lockstep(["export", run, "--torch", module])
        #expect(try !String(contentsOfFile: module, encoding: .utf8).contains("def encode"))
    }

    @Test func numbersFromACheckpoint() throws {
        let trained = try train(runFile(data("tokens")), ranks: 2, "run")
        #expect(trained.status == 0, "\(trained.tail)")
        #expect(trained.output.contains("--prompt-tokens 0,1,2"), "\(trained.tail)")
        let run = directory.path("run")
        let evaluated = try lockstep(["evaluate", run])
        #expect(evaluated.contains("perplexity") && !evaluated.contains("bits per byte"), "\(evaluated)")
        let known = try lockstep(["evaluate", run, "--set", "data.tokens.tokenizer=\(tokenizer())"])
        #expect(known.contains("bits per byte"), "\(known)")
        try FileManager.default.removeItem(atPath: directory.path("a.bin"))
        let numbers = try lockstep([
            "generate", run, "--prompt-tokens", "1, 17,289", "--length", "5", "--seed", "2",
        ])
        let list = numbers.dropLast().split(separator: ",").compactMap { Int($0) }
        #expect(
            list.count == 8 && list.prefix(3) == [1, 17, 289] && list.allSatisfy { 0..<500 ~= $0 },
            "\(numbers)")
        let config = try String(contentsOfFile: run + "/config.yaml", encoding: .utf8)
        let named = try directory.write(
            "named.yaml", config.replacing("tokenizer: none", with: "tokenizer: \(tokenizer())"))
        let text = try lockstep(["generate", run, "--config", named, "--prompt", "In the", "--length", "5"])
        #expect(text.hasPrefix("In the"), "\(text)")
        for (options, message) in [
            (["--prompt", "In the"], "it has no tokenizer for texts: give ids as --prompt-tokens"),
            ([], "give ids as --prompt-tokens"),
            (
                ["--prompt-tokens", "3,500"],
                "the prompt has token 500 at position 1, but the model has 500 tokens, 0 to 499"
            ),
        ] {
            let refused = try lockstep(["generate", run] + options, status: 2)
            #expect(refused.contains(message), "\(refused)")
        }
        for (options, message) in [
            (["--prompt-tokens", "3,x"], "must be token ids separated by commas"),
            (["--prompt-tokens", "1 7,3"], "must be token ids separated by commas"),
            (["--prompt", ""], "give --prompt at least one character"),
            (["--prompt-tokens", ""], "must be token ids separated by commas"),
            (["--prompt-tokens", "3", "--prompt", "a"], "exclude each other"),
        ] {
            let result = try CommandRunner.lockstep(ranks: 1, ["generate", run] + options, timeout: 60)
            #expect(result.status != 0 && result.output.contains(message), "\(result.output)")
        }
    }

    private func refusal(_ data: String, extra: String = "") throws -> String {
        let result = try train(runFile(data, extra: extra), ranks: 2, "refused")
        #expect(result.status != 0 && !result.timedOut)
        let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("lockstep: ") }
        #expect(lines.count == 1, "\(result.tail)")
        return String(lines.first ?? "")
    }

    @Test func refusals() throws {
        let path = try tokens("a.bin")
        let unknown = try refusal("{tokens: {path: \(path), context: 16}}")
        #expect(unknown.contains("data.tokens.vocabulary") && unknown.contains("50257"), "\(unknown)")
        let small = try refusal("{tokens: {path: \(path), vocabulary: 400, context: 16}}")
        #expect(small.contains("but the vocabulary has 400 tokens, 0 to 399"), "\(small)")
        let wide = try refusal("{tokens: {path: \(path), vocabulary: 480, type: uint64, context: 16}}")
        #expect(wide.contains("data.tokens.type") && wide.contains("uint16"), "\(wide)")
        let metric = try refusal(
            "{tokens: {path: \(path), vocabulary: 480, context: 16, validation: 0.1}}",
            extra: "early_stopping: {metric: validation_bits_per_byte}")
        #expect(
            metric.contains("early_stopping.metric") && metric.contains("data.tokens.tokenizer"), "\(metric)")
        let both = try refusal(
            "{tokens: {path: \(path), validation_path: \(path), vocabulary: 480, context: 16, validation: 0.1}}"
        )
        #expect(both.contains("validation_path") && both.contains("exclude each other"), "\(both)")
        let missing = try refusal(
            "{text: {path: \(text()), tokenizer: \(directory.path("none.json")), context: 16}}")
        #expect(missing.contains("none.json") && missing.contains("there is no such file"), "\(missing)")
        let unigram = try directory.write("unigram.json", #"{"model": {"type": "Unigram", "vocab": []}}"#)
        let other = try refusal("{text: {path: \(text()), tokenizer: \(unigram), context: 16}}")
        #expect(other.contains("unigram.json: its model is Unigram, which is not supported"), "\(other)")
    }

    /// A run goes on with its own tokenizer only.
    @Test(arguments: ["text", "tokens with a tokenizer"]) func anotherTokenizerIsRefused(
        _ kind: String
    ) throws {
        let file = try runFile(data(kind), steps: 5)
        #expect(try train(file, ranks: 1, "run").status == 0)
        let path = try tokenizer()
        let json = try String(contentsOfFile: path, encoding: .utf8)
        try json.replacing("\"version\":\"1.0\"", with: "\"version\": \"1.0\"").write(
            toFile: path, atomically: true, encoding: .utf8)
        let resumed = try train(file, ranks: 1, "run", ["--resume", "--set", "max_steps=8"])
        #expect(
            resumed.status != 0
                && resumed.output.contains(
                    "The checkpoint was trained on other data: the tokenizer has changed"),
            "\(resumed.tail)")
    }

    /// A file that becomes shorter ends all ranks, with a message of each rank that notices before it is ended.
    @Test func truncatedWhileRead() throws {
        try TruncatedFile.expectEnd(
            directory.path("a.bin"), size: 100, runFile: runFile(data("tokens"), steps: 1_000_000),
            directory: directory)
    }
}
