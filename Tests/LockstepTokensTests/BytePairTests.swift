import Foundation
import LockstepTokens
import Testing

/// Byte-level BPE against the Python package tokenizers (scripts/fixtures/tokens.py).
@Suite struct BytePairTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var tokenizer: String
            var text: String
            var tokens: [Int32]
        }
        var encodings: [Case]
        var decodings: [Case]
        /// Of the tokens of long texts, by tokenizer.
        var long: [String: Long]

        struct Long: Decodable {
            var count: Int
            var hash: UInt32
        }
    }

    private static func fixture(_ name: String) throws -> Data {
        try Data(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../Fixtures/tokens/\(name)"))
    }

    private static func tokenizer(_ name: String) throws -> BytePairTokenizer {
        try BytePairTokenizer(json: Array(fixture("\(name).json")))
    }

    private func golden() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Self.fixture("encodings.json"))
    }

    private func text(_ tokens: [Int32], _ tokenizer: some Tokenizer) -> String {
        String(decoding: tokens.flatMap { tokenizer.bytes(of: $0) }, as: UTF8.self)
    }

    @Test(arguments: ["gpt2", "roberta"]) func encodings(_ name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        let cases = try golden().encodings.filter { $0.tokenizer == name }
        #expect(cases.count > 120)
        for golden in cases {
            let tokens = tokenizer.encode(Array(golden.text.utf8))
            #expect(tokens == golden.tokens, "\(golden.text.debugDescription)")
        }
    }

    /// All texts as one, twice, with 60,000 different words between them: words are repeated, and their cache grows.
    @Test(arguments: ["gpt2", "roberta"]) func longTexts(_ name: String) throws {
        let golden = try golden()
        let texts = golden.encodings.filter { $0.tokenizer == name }.map(\.text).joined(separator: "\n")
        let numbers = (0..<60000).map { " \($0 * 7919 % 1_000_003)" }.joined()
        let tokens = try Self.tokenizer(name).encode(Array((texts + numbers + texts).utf8))
        let expected = try #require(golden.long[name])
        #expect(tokens.count == expected.count)
        #expect(tokens.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) } == expected.hash)
    }

    /// An empty text gets no space, with and without added tokens.
    @Test func emptyTexts() throws {
        var file = try #require(
            JSONSerialization.jsonObject(with: Self.fixture("roberta.json")) as? [String: Any])
        #expect(try Self.tokenizer("roberta").encode([]) == [])
        file["added_tokens"] = nil
        let plain = try BytePairTokenizer(json: Array(JSONSerialization.data(withJSONObject: file)))
        #expect(plain.encode([]) == [])
        #expect(plain.encode(Array("a".utf8)) == plain.encode(Array(" a".utf8)))
    }

    /// Special tokens are no text; other added tokens are.
    @Test func byteCountsOfAddedTokens() throws {
        let tokenizer = try Self.tokenizer("roberta")
        for (text, count) in [("<s>", 0), ("<mask>", 0), ("token", 5), ("new token", 9)] {
            let tokens = tokenizer.encode(Array(text.utf8))
            #expect(tokens.count == 1 && tokenizer.byteCounts[Int(tokens[0])] == count, "\(text)")
            #expect(Array(tokenizer.bytes(of: tokens[0])) == Array(text.utf8))
        }
    }

    /// The words of a vocabulary are not keys of the format, in which `a_b` is read as `aB`.
    @Test func wordsWithUnderscores() throws {
        var file = try #require(
            JSONSerialization.jsonObject(with: Self.fixture("gpt2.json")) as? [String: Any])
        var model = try #require(file["model"] as? [String: Any])
        var words = try #require(model["vocab"] as? [String: Any])
        words["x_y"] = 480
        model["vocab"] = words
        file["model"] = model
        let tokenizer = try BytePairTokenizer(json: Array(JSONSerialization.data(withJSONObject: file)))
        #expect(Array(tokenizer.bytes(of: 480)) == Array("x_y".utf8))
    }

    /// A token has one id, and an id one token.
    @Test func repeatedIDs() throws {
        let repeated = try changed { file in
            var model = try #require(file["model"] as? [String: Any])
            var words = try #require(model["vocab"] as? [String: Any])
            words["xyz"] = words["th"]
            model["vocab"] = words
            file["model"] = model
        }
        #expect(
            repeated?.problem.hasPrefix("its tokens 'th' and 'xyz' have the same id ") == true,
            "\(repeated?.description ?? "accepted")")
        let taken = try changed { $0["added_tokens"] = [["id": 0, "content": "<|new|>"]] }
        #expect(
            taken?.problem == "its tokens '<|endoftext|>' and '<|new|>' have the same id 0",
            "\(taken?.description ?? "accepted")")
        let other = try changed { $0["added_tokens"] = [["id": 480, "content": "<|endoftext|>"]] }
        #expect(
            other?.problem
                == "the added token '<|endoftext|>' has the id 480, but the token '<|endoftext|>' of the vocabulary has the id 0",
            "\(other?.description ?? "accepted")")
    }

    /// Texts that are not UTF-8 are decoded as Python does, also in pieces.
    @Test(arguments: ["gpt2", "roberta"]) func decodings(_ name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        let cases = try golden().decodings.filter { $0.tokenizer == name }
        #expect(cases.contains { $0.text.contains("\u{FFFD}") })
        for golden in cases {
            #expect(text(golden.tokens, tokenizer) == golden.text, "\(golden.tokens)")
            var stream = UTF8Stream(replacesInvalidBytes: true)
            var pieces = golden.tokens.map { stream.push(tokenizer.bytes(of: $0)) }
            pieces.append(stream.finish())
            #expect(
                String(decoding: pieces.joined(), as: UTF8.self).unicodeScalars.elementsEqual(
                    golden.text.unicodeScalars))
            for piece in pieces { #expect(String(validating: piece, as: UTF8.self) != nil, "\(piece)") }
        }
    }

    @Test func bytesThatAreNotUTF8KeepTheirValues() throws {
        let tokenizer = try Self.tokenizer("gpt2")
        let bytes: [UInt8] =
            [
                0xFF, 0x20, 0xE2, 0x82, 0x41, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80, 0x0A,
                0xE2, 0x82,
            ]
        let all = bytes + (0...255).map { UInt8($0) } + bytes
        #expect(tokenizer.encode(all).flatMap { tokenizer.bytes(of: $0) } == all)
        all.withUnsafeBufferPointer { #expect(BytePairTokenizer.firstInvalid($0) == 0) }
        Array("é日🙂 a".utf8).withUnsafeBufferPointer { #expect(BytePairTokenizer.firstInvalid($0) == nil) }
        #expect(tokenizer.bytes(of: -1).isEmpty && tokenizer.bytes(of: 480).isEmpty)
        #expect(tokenizer.vocabulary == 480 && tokenizer.byteCounts.count == 480)
        #expect(tokenizer.byteCounts[Int(tokenizer.encode(Array(" the".utf8))[0])] == 4)
    }

    /// A run of many blanks takes n log n steps: with n squared this would take hours.
    @Test func longRuns() throws {
        let tokenizer = try Self.tokenizer("gpt2")
        let text =
            [UInt8](repeating: UInt8(ascii: " "), count: 300_000)
            + [UInt8](repeating: UInt8(ascii: "a"), count: 300_000)
        let tokens = tokenizer.encode(text)
        #expect(tokens.flatMap { tokenizer.bytes(of: $0) } == text && tokens.count < text.count)
    }

    @Test(arguments: [true, false]) func streamsHoldBackHalfCharacters(_ replaces: Bool) {
        var stream = UTF8Stream(replacesInvalidBytes: replaces)
        let emoji = Array("🙂".utf8)
        #expect(stream.push([0x61] + emoji[..<1]) == [0x61])
        #expect(stream.push(emoji[1...2]) == [] && stream.push(emoji[3...]) == emoji)
        // What cannot become a character is not held back.
        let replacement = Array("\u{FFFD}".utf8)
        #expect(stream.push([0xFF]) == (replaces ? replacement : [0xFF]))
        #expect(stream.push([0xE0, 0x80]) == (replaces ? replacement + replacement : [0xE0, 0x80]))
        #expect(stream.push([0xE2, 0x82]) == [])
        #expect(stream.finish() == (replaces ? replacement : [0xE2, 0x82]))
        #expect(stream.finish() == [])
    }

    private func changed(_ change: (inout [String: Any]) throws -> Void) throws -> TokenizerError? {
        var file = try #require(
            JSONSerialization.jsonObject(with: Self.fixture("gpt2.json")) as? [String: Any])
        try change(&file)
        return refusal(try JSONSerialization.data(withJSONObject: file))
    }

    private func refusal(_ data: Data) -> TokenizerError? {
        do throws(TokenizerError) {
            _ = try BytePairTokenizer(json: Array(data))
            return nil
        } catch {
            return error
        }
    }

    /// Each part that is not supported is refused by its name.
    @Test(arguments: [
        (
            "normalizer", #"{"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]}"#,
            "its normalizer is Sequence (NFKC, Lowercase), which is not supported"
        ),
        (
            "pre_tokenizer", #"{"type": "Metaspace", "replacement": "_", "split": true}"#,
            "its pre_tokenizer is Metaspace"
        ),
        (
            "pre_tokenizer", #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}"#,
            "its pre_tokenizer is ByteLevel with use_regex: false"
        ),
        ("pre_tokenizer", "null", "its pre_tokenizer is none"),
        ("decoder", #"{"type": "WordPiece"}"#, "its decoder is WordPiece"),
        ("model", #"{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]]}"#, "its model is Unigram"),
        ("model", #"{"type": "WordPiece", "vocab": {"[UNK]": 0}}"#, "its model is WordPiece"),
        ("model", #"{"type": "BPE", "vocab": {"a": 0}, "merges": []}"#, "255 of the 256 bytes have no token"),
        (
            "model", #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "byte_fallback": true}"#,
            "BPE with byte_fallback: true"
        ),
        (
            "model", #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "ignore_merges": true}"#,
            "BPE with ignore_merges: true"
        ),
        (
            "model", #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}"#,
            "BPE with dropout above 0"
        ),
        (
            "model", #"{"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}"#,
            "BPE with an end_of_word_suffix"
        ),
        ("model", #"{"type": "BPE", "vocab": {}, "merges": []}"#, "its vocabulary is empty"),
        ("model", #"{"type": "BPE", "merges": []}"#, "'vocab' is missing"),
        ("added_tokens", #"[{"id": 0, "content": "x", "single_word": true}]"#, "'x' has single_word: true"),
        ("added_tokens", #"[{"id": -1, "content": "x"}]"#, "its tokens are numbered -1 to"),
    ]) func refusals(_ key: String, _ value: String, _ problem: String) throws {
        let error = try changed {
            $0[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        }
        #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "accepted")")
    }

    @Test func damagedFiles() throws {
        #expect(refusal(Data("{".utf8))?.problem.contains("it is not JSON") == true)
        #expect(refusal(Data("[]".utf8))?.problem.contains("not a tokenizer.json") == true)
        let error = try changed { file in
            var model = try #require(file["model"] as? [String: Any])
            model["merges"] = [["t", "h"], ["th", "zz"]]
            file["model"] = model
        }
        #expect(error?.problem.contains("merge 1 of 'th' and 'zz'") == true, "\(error?.description ?? "")")
    }

    /// Merges as older files have them.
    @Test func mergesInOneText() throws {
        var file = try #require(
            JSONSerialization.jsonObject(with: Self.fixture("gpt2.json")) as? [String: Any])
        var model = try #require(file["model"] as? [String: Any])
        let merges = try #require(model["merges"] as? [[String]])
        model["merges"] = merges.map { $0.joined(separator: " ") }
        file["model"] = model
        let old = try BytePairTokenizer(json: Array(JSONSerialization.data(withJSONObject: file)))
        let text = Array("In the beginning God created the heaven and the earth.".utf8)
        #expect(try old.encode(text) == Self.tokenizer("gpt2").encode(text))
    }

    @Test func bytesAreTokens() {
        let tokenizer = ByteTokenizer()
        #expect(tokenizer.encode([0, 255]) == [0, 255] && tokenizer.vocabulary == 256)
        #expect(
            tokenizer.bytes(of: 65) == [65] && tokenizer.bytes(of: 256).isEmpty
                && tokenizer.bytes(of: -1).isEmpty)
    }
}
