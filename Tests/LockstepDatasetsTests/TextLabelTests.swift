import LockstepDatasets
import LockstepReaders
import Testing

/// Class labels that are texts in an array.
@Suite struct TextLabelTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// An NPY file of texts of at most four bytes.
    private func labels(_ name: String, _ texts: [String]) throws -> String {
        let bytes = texts.flatMap { text in
            Array(text.utf8) + [UInt8](repeating: 0, count: 4 - text.utf8.count)
        }
        return try folder.npy(name, "|S4", "(\(texts.count),)", bytes)
    }

    private func inputs(_ name: String, _ count: Int) throws -> String {
        try folder.npy(name, "|u1", "(\(count), 1)", (0..<count).map(UInt8.init))
    }

    private func recipe(_ train: [String], test: [String]? = nil, _ task: DataTask = .classification) throws
        -> DataConfiguration
    {
        .npy(
            .init(
                trainInputs: try inputs("x.npy", train.count), trainTargets: try labels("y.npy", train),
                testInputs: try test.map { try inputs("tx.npy", $0.count) },
                testTargets: try test.map { try labels("ty.npy", $0) }, task: task))
    }

    private func problem(_ recipe: DataConfiguration) -> DatasetError? {
        do {
            _ = try OpenedData(recipe, cache: folder.cache)
            return nil
        } catch { return error as? DatasetError }
    }

    /// As in tables: whole numbers by value, everything else by its bytes.
    @Test func names() throws {
        let numbers = try OpenedData(try recipe(["10", "9", "9"]), cache: folder.cache)
        #expect(numbers.classNames == ["9", "10"] && numbers.all(.training).targets == [1, 0, 0])
        let words = try OpenedData(try recipe(["b", "a", "C"], test: ["a", "C"]), cache: folder.cache)
        #expect(words.classNames == ["C", "a", "b"] && words.all(.training).targets == [2, 1, 0])
        #expect(words.all(.test).targets == [1, 0])
    }

    /// A trained network's classes decide for other data.
    @Test func trainedNetwork() throws {
        let trained = try #require(
            try OpenedData(try recipe(["b", "a", "c"]), cache: folder.cache).constants)
        let other = try recipe(["c", "b"], test: ["c"])
        let all = try OpenedData(other, constants: trained, cache: folder.cache)
        #expect(all.classNames == ["a", "b", "c"] && all.all(.training).targets == [2, 1])
        let test = try #require(try OpenedData(testOf: other, constants: trained, cache: folder.cache))
        #expect(test.all(.test).targets == [2])
        #expect(throws: DatasetError.self) {
            try OpenedData(
                testOf: try recipe(["a", "b"], test: ["z"]), constants: trained, cache: folder.cache)
        }
    }

    @Test func mistakes() throws {
        let unknown = try #require(problem(try recipe(["a", "b"], test: ["a", "d"])))
        #expect(unknown.kind == .labelOutOfRange && unknown.place == .sample(1), "\(unknown)")
        #expect(unknown.problem == "class 'd' does not occur in the training files, which have a, b")
        #expect(problem(try recipe(["a", ""]))?.kind == .value)
        #expect(problem(try recipe(["a", "a"]))?.kind == .value)
        #expect(problem(try recipe(["a", "b"], .regression))?.kind == .format)
        #expect(problem(try recipe(["a", "b"], .multiLabel))?.kind == .format)
        let texts = try labels("t.npy", ["a", "b"])
        #expect(problem(.npy(.init(trainInputs: texts, trainTargets: texts)))?.kind == .format)
        let wrong = try folder.npy("w.npy", "|S1", "(2,)", [0x61, 0xFF])
        let error = try #require(
            problem(.npy(.init(trainInputs: try inputs("x.npy", 2), trainTargets: wrong))))
        #expect(error.place == .sample(1) && error.problem.contains("UTF-8"), "\(error)")
    }
}
