import Foundation
import LockstepConfiguration
import LockstepDatasets
import LockstepReaders
import LockstepTasks
import LockstepTensors
import LockstepTokens
import Testing

/// Files of tokens, and texts with a tokenizer.
@Suite struct TokenTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private static let tokenizer = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Fixtures/tokens/gpt2.json").standardizedFileURL.path

    private func raw<Number: FixedWidthInteger>(_ type: Number.Type, _ tokens: [Int]) -> [UInt8] {
        tokens.flatMap { token in withUnsafeBytes(of: type.init(token).littleEndian) { Array($0) } }
    }

    private func files(
        _ path: DataFiles, vocabulary: Int? = 5000, context: Int = 8,
        _ change: (inout TokenFiles) -> Void = { _ in }
    ) -> TokenFiles {
        var files = TokenFiles()
        (files.path, files.vocabulary) = (path, vocabulary)
        files.windows = .init(context: context, randomOffset: false)
        change(&files)
        return files
    }

    private func open(_ files: TokenFiles, constants: DatasetConstants? = nil) throws -> any Dataset {
        try files.validate()
        return try files.open(DatasetRequest(constants: constants, cache: folder.cache))
    }

    private func tokens(_ dataset: any Dataset, _ split: DatasetSplit = .training) -> [Int] {
        let block = EvaluationSplit(dataset, split).block(0..<dataset.count(of: split))
        let inputs = UnsafeBufferPointer(start: block[0].int32s, count: block[0].elementCount).map(Int.init)
        let targets = UnsafeBufferPointer(start: block[1].int32s, count: block[1].elementCount).map(Int.init)
        #expect(Array(inputs.dropFirst()) == Array(targets.dropLast()))
        return inputs + targets.suffix(1)
    }

    private let numbers = (0..<1001).map { $0 * 37 % 5000 }

    /// Each type of numbers, with and without a header, in one file or several, gives the same windows.
    @Test func formatsHaveTheSameTokens() throws {
        var recipes: [(String, TokenFiles)] = []
        recipes.append(("raw 16", files(DataFiles(try folder.write("a.bin", raw(UInt16.self, numbers))))))
        recipes.append(
            (
                "raw 32",
                files(DataFiles(try folder.write("b.bin", raw(UInt32.self, numbers)))) { $0.type = .uint32 }
            ))
        for (type, bytes) in [
            ("<u2", raw(UInt16.self, numbers)), ("<u4", raw(UInt32.self, numbers)),
            ("<i4", raw(Int32.self, numbers)),
            ("<i8", raw(Int64.self, numbers)),
        ] {
            recipes.append(
                (type, files(DataFiles(try folder.npy("\(type.dropFirst()).npy", type, "(1001,)", bytes)))))
        }
        _ = try folder.write("part-1.bin", raw(UInt16.self, Array(numbers[..<5])))
        _ = try folder.write("part-2.bin", raw(UInt16.self, Array(numbers[5..<6])))
        _ = try folder.write("part-10.bin", raw(UInt16.self, Array(numbers[6...])))
        recipes.append(("pattern", files(DataFiles("\(folder.path)/part-*.bin"))))
        for (name, files) in recipes {
            let dataset = try open(files)
            #expect(dataset.count(of: .training) == 125, "\(name)")
            #expect(tokens(dataset) == numbers, "\(name)")
            #expect(dataset.schema.fields[0].classes == 5000 && dataset.schema.fields[1].byteCounts.isEmpty)
        }
        // The files that the tokens are in do not matter.
        #expect(try open(recipes[0].1).fingerprint == open(recipes[6].1).fingerprint)
        let other = files(DataFiles(try folder.write("other.bin", raw(UInt16.self, numbers.map { $0 ^ 1 }))))
        #expect(try open(recipes[0].1).fingerprint != open(other).fingerprint)
    }

    @Test func validationFilesAndShares() throws {
        let path = DataFiles(try folder.write("a.bin", raw(UInt16.self, numbers)))
        let held = DataFiles(
            try folder.write("v.bin", raw(UInt16.self, Array(numbers.prefix(17).reversed()))))
        let separate = try open(files(path) { $0.validationPath = held })
        #expect(separate.count(of: .training) == 125 && separate.count(of: .validation) == 2)
        #expect(tokens(separate, .validation) == Array(numbers.prefix(17).reversed()))
        let share = try open(files(path) { $0.windows.validation = 0.1 })
        #expect(share.count(of: .training) == 112 && share.count(of: .validation) == 13)
        #expect(throws: ConfigurationError.self) {
            try open(
                files(path) {
                    $0.validationPath = held
                    $0.windows.validation = 0.1
                })
        }
    }

    private func problem(_ files: TokenFiles) -> String {
        do {
            _ = try open(files)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func badFiles() throws {
        func file(_ name: String, _ bytes: [UInt8]) throws -> DataFiles {
            DataFiles(try folder.write(name, bytes))
        }
        let large = problem(files(try file("a.bin", raw(UInt16.self, numbers + [5000])), vocabulary: 5000))
        #expect(
            large.contains(
                "a.bin, byte 2002: token 1001 is 5000, but the vocabulary has 5000 tokens, 0 to 4999"),
            "\(large)")
        #expect(large.contains("set data.tokens.vocabulary"), "\(large)")
        let odd = problem(files(try file("b.bin", raw(UInt16.self, numbers) + [1])))
        #expect(odd.contains("its 2003 bytes are not a whole number of tokens of type uint16"), "\(odd)")
        let wide = problem(files(try file("c.bin", raw(UInt16.self, numbers))) { $0.type = .uint32 })
        #expect(wide.contains("its 2002 bytes are not a whole number of tokens of type uint32"), "\(wide)")
        let negative = problem(
            files(
                DataFiles(try folder.npy("n.npy", "<i4", "(20,)", raw(Int32.self, [3, -1] + Array(0..<18))))))
        #expect(negative.contains("token 1 is -1"), "\(negative)")
        for (type, shape, bytes) in [
            ("<f4", "(20,)", 80), ("<u2", "(4, 5)", 40), (">u2", "(20,)", 40), ("|u1", "(20,)", 20),
        ] {
            let message = problem(
                files(DataFiles(try folder.npy("t.npy", type, shape, [UInt8](repeating: 0, count: bytes)))))
            #expect(message.contains("the array has the type '\(type)'"), "\(message)")
        }
        let cut = problem(files(DataFiles(try folder.npy("s.npy", "<u2", "(50,)", [0, 0]))))
        #expect(cut.contains("does not have the 50 tokens that its header announces"), "\(cut)")
        #expect(try problem(files(file("e.bin", []))).contains("the file is empty"))
        #expect(try problem(files(file("x.npy", [1, 2, 3, 4]))).contains("not an NPY file"))
        #expect(try problem(files(file("x.bin.gz", [1, 2]))).contains("unpack it first, with gunzip"))
        #expect(
            try problem(files(file("few.bin", raw(UInt16.self, [1, 2, 3])))).contains(
                "the text of 3 tokens is too short"))
        #expect(problem(files("/nowhere.bin")).contains("there is no such file"))
        let unknown = try problem(files(file("u.bin", raw(UInt16.self, numbers)), vocabulary: nil))
        #expect(
            unknown.contains("vocabulary") && unknown.contains("is needed without a tokenizer"), "\(unknown)")
        let small = try problem(
            files(file("k.bin", raw(UInt16.self, numbers)), vocabulary: 100) {
                $0.windows.tokenizer = Self.tokenizer
            })
        #expect(small.contains("the tokenizer has 480 tokens, but data.tokens.vocabulary is 100"), "\(small)")
    }

    /// The largest token is remembered with the file, and compared with the vocabulary at each start.
    @Test func theVocabularyIsCheckedAtEachStart() throws {
        let path = DataFiles(try folder.write("a.bin", raw(UInt16.self, numbers)))
        _ = try open(files(path, vocabulary: 5000))
        let caches = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache").filter {
            $0.hasPrefix("tokens-")
        }
        #expect(caches.count { $0.hasSuffix(".data") } == 1)
        #expect(problem(files(path, vocabulary: 4000)).contains("the largest token of the file is 4"))
    }

    /// The numbers of an array need not be aligned.
    @Test func misalignedArrays() throws {
        for (type, bytes) in [
            ("<u2", raw(UInt16.self, numbers)), ("<u4", raw(UInt32.self, numbers)),
            ("<i8", raw(Int64.self, numbers)),
        ] {
            var header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (1001,), }\n".utf8)
            if header.count % 2 == 0 { header.insert(UInt8(ascii: " "), at: header.count - 1) }
            let file = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + bytes
            let dataset = try open(files(DataFiles(try folder.write("odd.npy", file))))
            #expect(tokens(dataset) == numbers && (10 + header.count) % 2 == 1, "\(type)")
        }
    }

    /// Windows are longer than what is read at once, and cross the borders of files.
    @Test func longWindows() throws {
        let many = (0..<10_000).map { $0 * 37 % 5000 }
        _ = try folder.write("long-1.bin", raw(UInt16.self, Array(many[..<3333])))
        _ = try folder.write("long-2.bin", raw(UInt16.self, Array(many[3333...])))
        let dataset = try open(files(DataFiles("\(folder.path)/long-*.bin"), context: 3000))
        #expect(tokens(dataset) == Array(many[..<9001]))
    }

    /// The fingerprint names tokenizer and vocabulary, without which bytes have the one that they always had.
    @Test func fingerprints() throws {
        let path = DataFiles(try folder.write("a.bin", raw(UInt16.self, (0..<400).map { $0 })))
        func fingerprint(_ vocabulary: Int?, _ tokenizer: String?) throws -> String {
            try open(files(path, vocabulary: vocabulary) { $0.windows.tokenizer = tokenizer }).fingerprint
        }
        let copy = try folder.write("t.json", String(contentsOfFile: Self.tokenizer, encoding: .utf8) + " ")
        let all = [
            try fingerprint(480, nil), try fingerprint(500, nil), try fingerprint(480, Self.tokenizer),
            try fingerprint(480, copy),
        ]
        #expect(Set(all).count == 4 && all[0].contains("vocabulary 480, crc32 "), "\(all)")
        let text = try folder.write("a.txt", String(repeating: "abc ", count: 20))
        let bytes = try recipe(text, tokenizer: nil).open(DatasetRequest(cache: folder.cache))
        #expect(bytes.fingerprint.hasPrefix("9 windows of 8 bytes in 80 of 80 bytes, 1 offsets, crc32 "))
    }

    /// A network of token ids without a tokenizer takes the one that is given later, if its tokens fit.
    @Test func aTokenizerThatIsGivenLater() throws {
        let path = DataFiles(try folder.write("a.bin", raw(UInt16.self, (0..<400).map { $0 })))
        let trained = try open(files(path, vocabulary: 500)).constants
        let given = files(path, vocabulary: 500) { $0.windows.tokenizer = Self.tokenizer }
        #expect(try files(path).tokenizer(of: trained, vocabulary: 500) == nil)
        #expect(try given.tokenizer(of: trained, vocabulary: 500)?.vocabulary == 480)
        #expect(try #require(try given.schema(of: trained)).fields[1].byteCounts.count == 500)
        #expect(try open(given, constants: trained).schema == given.schema(of: trained))
        let small = try open(files(path, vocabulary: 400)).constants
        let error = #expect(throws: DatasetError.self) { try given.schema(of: small) }
        #expect(error?.problem == "the tokenizer has 480 tokens, but the network was trained on 400")
    }

    /// A program's fields of 256 classes are bytes, unless it says otherwise.
    @Test func bytesOfPrograms() {
        var field = BatchField("next", Shape(8), .int32, role: .target, classes: 256)
        #expect(field.byteCounts == [Int32](repeating: 1, count: 256))
        field.byteCounts = []
        #expect(field.byteCounts.isEmpty)
        #expect(BatchField("next", Shape(8), .int32, role: .target, classes: 1000).byteCounts.isEmpty)
    }

    /// Without a part for validation, its text is empty, and gets no space from a tokenizer that adds one.
    @Test func emptyValidationTexts() throws {
        let fixture = Self.tokenizer.replacingOccurrences(of: "gpt2", with: "roberta")
        var json = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: fixture)))
                as? [String: Any])
        json["added_tokens"] = nil
        let file = try folder.write("r.json", Array(JSONSerialization.data(withJSONObject: json)))
        let path = try folder.write("a.txt", String(repeating: "In the beginning. ", count: 20))
        let dataset = try recipe(path, tokenizer: file).open(DatasetRequest(cache: folder.cache))
        #expect(dataset.count(of: .training) > 0 && dataset.count(of: .validation) == 0)
    }

    @Test func aFileThatChangesEndsTheRun() throws {
        let path = try folder.write("a.bin", raw(UInt16.self, numbers))
        let dataset = try open(files(DataFiles(path)))
        _ = tokens(dataset)
        #expect(dataset.failure == nil)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 10)
        let block = EvaluationSplit(dataset, .training).block(0..<3)
        #expect(block[0].int32s[3] == 0)
        #expect("\(try #require(dataset.failure))".contains("the file changed while the run was reading it"))
    }

    private let text = """
        In the beginning God created the heaven and the earth. 🙂\n\nI'm sure they're here<|endoftext|>  naïve  \r\n
        """

    private func recipe(_ path: String, tokenizer: String? = Self.tokenizer) -> DataConfiguration {
        .text(.init(path: path, windows: .init(context: 8, randomOffset: false, tokenizer: tokenizer)))
    }

    /// A text has the tokens that its tokenizer gives, which the cache holds once.
    @Test func textsAreEncodedOnce() throws {
        let path = try folder.write("a.txt", String(repeating: text, count: 20))
        let dataset = try recipe(path).open(DatasetRequest(cache: folder.cache))
        let tokenizer = try #require(try dataset.constants.tokenizer(vocabulary: 480))
        let expected = tokenizer.encode(Array(String(repeating: text, count: 20).utf8)).map(Int.init)
        let count = (expected.count - 1) / 8 * 8 + 1
        #expect(tokens(dataset) == Array(expected[..<count]))
        let next = dataset.schema.fields[1]
        #expect(next.classes == 480)
        #expect(tokenizer.bytes(of: 0).count == 13 && next.byteCounts[0] == 0)
        #expect(next.byteCounts.dropFirst() == (1..<480).map { Int32(tokenizer.bytes(of: $0).count) }[...])
        func caches() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache").filter {
                $0.hasSuffix(".data")
            }
        }
        let before = try caches()
        #expect(before.count == 1 && before[0].hasPrefix("text-tokens-"))
        _ = try recipe(path).open(DatasetRequest(cache: folder.cache))
        #expect(try caches() == before)
        // Bytes have other windows and another fingerprint.
        let bytes = try recipe(path, tokenizer: nil).open(DatasetRequest(cache: folder.cache))
        #expect(bytes.schema.fields[0].classes == 256 && bytes.fingerprint != dataset.fingerprint)
        #expect(bytes.schema.fields[1].byteCounts == [Int32](repeating: 1, count: 256))
        #expect(!bytes.fingerprint.contains("tokenizer") && dataset.fingerprint.contains("tokenizer of"))
    }

    /// The checkpoint's constants are enough to build the network, and to read data without the tokenizer's file.
    @Test func constantsReplaceTheTokenizer() throws {
        let path = try folder.write("a.txt", String(repeating: text, count: 20))
        let file = try folder.write("t.json", try String(contentsOfFile: Self.tokenizer, encoding: .utf8))
        let dataset = try recipe(path, tokenizer: file).open(DatasetRequest(cache: folder.cache))
        var constants = DatasetConstants()
        for name in dataset.constants.names { constants[json: name] = dataset.constants[json: name] }
        try FileManager.default.removeItem(atPath: file)
        #expect(try recipe(path, tokenizer: file).schema(of: constants) == dataset.schema)
        let again = try recipe(path, tokenizer: file).open(
            DatasetRequest(constants: constants, cache: folder.cache))
        #expect(again.fingerprint == dataset.fingerprint && tokens(again) == tokens(dataset))
        #expect(throws: DatasetError.self) {
            try recipe(path, tokenizer: file).open(DatasetRequest(cache: folder.cache))
        }
        constants[json: "tokenizer"] = "\"{}\""
        #expect(throws: DatasetConstantsError.self) { try recipe(path).schema(of: constants) }
        // Early checkpoints of bytes do not have these constants.
        let early = try #require(try recipe(path, tokenizer: nil).schema(of: DatasetConstants()))
        #expect(early.fields[0].classes == 256)
        #expect(try DatasetConstants().tokenizer(vocabulary: 256) is ByteTokenizer)
        // A program's tokens may be anything.
        #expect(try DatasetConstants().tokenizer(vocabulary: 1000) == nil)
    }

    @Test func tokenFilesOfATokenizer() throws {
        let path = DataFiles(try folder.write("a.bin", raw(UInt16.self, (0..<400).map { $0 })))
        let dataset = try open(files(path, vocabulary: nil) { $0.windows.tokenizer = Self.tokenizer })
        #expect(dataset.schema.fields[1].classes == 480 && dataset.schema.fields[1].byteCounts.count == 480)
        // A vocabulary may be padded, as is usual for speed.
        let padded = try open(files(path, vocabulary: 512) { $0.windows.tokenizer = Self.tokenizer })
        #expect(
            padded.schema.fields[1].classes == 512
                && padded.schema.fields[1].byteCounts.suffix(32).allSatisfy { $0 == 0 })
        let numbers = try open(files(path))
        #expect(try numbers.constants.tokenizer(vocabulary: 5000) == nil)
        let schema = try #require(try files(path, vocabulary: nil).schema(of: numbers.constants))
        #expect(schema.fields[0].classes == 5000)
    }

    @Test func textsThatAreNotUTF8() throws {
        let path = try folder.write(
            "a.txt", Array(repeating: Array("caf".utf8) + [0xE9, 0x20], count: 50).flatMap { $0 })
        let dataset = try recipe(path).open(DatasetRequest(cache: folder.cache))
        #expect(
            dataset.warnings.count == 1 && dataset.warnings[0].contains("byte 3 is not UTF-8"),
            "\(dataset.warnings)")
    }

    @Test func tokenizersThatCannotBeUsed() throws {
        let path = try folder.write("a.txt", String(repeating: text, count: 20))
        let file = try folder.write(
            "t.json", #"{"model": {"type": "Unigram"}, "pre_tokenizer": {"type": "Metaspace"}}"#)
        do {
            _ = try recipe(path, tokenizer: file).open(DatasetRequest(cache: folder.cache))
            Issue.record("accepted")
        } catch {
            let error = try #require(error as? DatasetError)
            #expect(
                error.file == file && error.problem == "its model is Unigram, which is not supported",
                "\(error)")
        }
    }
}
