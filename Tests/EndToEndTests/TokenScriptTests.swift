import Foundation
import Testing

/// scripts/tokens, with the real package tokenizers.
@Suite(.serialized) struct TokenScriptTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func script(_ name: String, _ arguments: [String], status: Int32 = 0) throws -> String {
        let path = CommandRunner.repository.appendingPathComponent("scripts/tokens/\(name)").path
        let result = try CommandRunner.run(path, arguments, timeout: 600)
        #expect(result.status == status, "\(result.output)")
        return result.output
    }

    private func losses(_ run: String, _ data: String) throws -> [String] {
        let file = try directory.write(
            "\(run).yaml",
            """
            model: \(RunFiles.gpt)
            data: \(data)
            batch: 8
            shards: 2
            max_steps: 4
            optimizer: {adamw: {learning_rate: 0.001}}
            log_every_steps: 1
            seed: 1
            """)
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", file, "--run-dir", directory.path(run)], timeout: 300)
        #expect(result.status == 0, "\(result.tail)")
        return try RunResults(directory.path(run)).metrics
    }

    /// A text that is encoded in pieces has the tokens of the whole; an added token that takes white space after other
    /// characters forbids pieces.
    private func expectTheSamePieces(_ text: String) throws {
        let repository = CommandRunner.repository.path
        let program = """
            import sys
            sys.path.insert(0, "\(repository)/scripts/tokens")
            import encode, texts
            from tokenizers import AddedToken
            open("piece.txt", "w").write("one <|endoftext|>\\n\\n two\\t three    four\\n" * 50 + open("\(text)").read(5000))
            tokenizer = encode.load("\(repository)/Tests/Fixtures/tokens/gpt2.json")
            whole = [id for ids in encode.tokens_of(tokenizer, "piece.txt", None) for id in ids]
            for size in 1, 2, 7, 50:
                assert len(list(texts.pieces("piece.txt", size))) > 50
                assert whole == [id for ids in encode.tokens_of(tokenizer, "piece.txt", None, size) for id in ids]
            assert encode.is_divisible(tokenizer)
            for token in AddedToken("two", rstrip=True), AddedToken("two three"):
                tokenizer = encode.load("\(repository)/Tests/Fixtures/tokens/gpt2.json")
                tokenizer.add_tokens([token])
                assert not encode.is_divisible(tokenizer)
            assert texts.cut("a" + " " * 5_000_000) == 1
            """
        let file = try directory.write("pieces.py", program)
        let result = try CommandRunner.run(
            "/bin/bash",
            [
                "-c",
                """
                cd '\(directory.path("."))'; . '\(repository)/scripts/lib/common.sh'
                . '\(repository)/scripts/lib/python.sh'; exec "$(python_environment)/bin/python" '\(file)'
                """,
            ], timeout: 120)
        #expect(result.status == 0, "\(result.output)")
    }

    /// A tokenizer is trained on a text; Python and Lockstep encode the text alike, so that both runs have the same bits.
    @Test(.enabled(if: CommandRunner.runsAll, "installs tokenizers: scripts/test --all"))
    func trainsAndEncodes() throws {
        let bible = "/usr/bin/bible"
        guard FileManager.default.fileExists(atPath: bible) else { return }
        let text = directory.path("bible.txt")
        let verses = try CommandRunner.run(
            "/bin/bash", ["-c", "\(bible) -f gen1:1-rev22:21 > '\(text)'"], timeout: 60)
        #expect(verses.status == 0, "\(verses.output)")
        let (tokenizer, tokens) = (directory.path("t.json"), directory.path("t.bin"))
        #expect(
            try script("train", [text, "--vocabulary", "2048", "--output", tokenizer]).contains("2048 tokens")
        )
        let size = try Data(contentsOf: URL(fileURLWithPath: tokenizer)).count
        #expect(size < 150_000)
        let encoded = try script("encode", [text, "--tokenizer", tokenizer, "--output", tokens])
        #expect(encoded.contains("tokens of 2048, uint16"), "\(encoded)")
        let keys = "tokenizer: \(tokenizer), context: 64, validation: 0.01"
        try expectTheSamePieces(text)
        let ours = try losses("text", "{text: {path: \(text), \(keys)}}")
        let theirs = try losses("tokens", "{tokens: {path: \(tokens), \(keys)}}")
        #expect(ours == theirs && ours.count == 4)
        let array = directory.path("t.npy")
        _ = try script(
            "encode", [text, "--tokenizer", tokenizer, "--output", array, "--separator", "<|endoftext|>"])
        #expect(
            try script("encode", [text, "--tokenizer", tokenizer, "--output", "x.txt"], status: 1).contains(
                "ends in .bin or .npy"))
        #expect(
            try script("encode", [text, "--tokenizer", "/none.json", "--output", array], status: 1).contains(
                "no such file"))
        #expect(
            try script(
                "encode", [text, "--tokenizer", tokenizer, "--output", array, "--separator", "x<"], status: 1
            ).contains(
                "has no token 'x<'"))
        #expect(
            try script("train", ["/none.txt", "--output", tokenizer], status: 1).contains(
                "there is no such file"))
        #expect(
            try script("train", [text, "--vocabulary", "100", "--output", tokenizer], status: 1).contains(
                "258 or more"))
    }
}
