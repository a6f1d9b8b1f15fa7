import LockstepDatasets
import LockstepReaders
import Testing

/// Tables in JSON lines are read as the same tables in CSV.
@Suite struct JSONLinesTests {
    private let folder: TestFolder
    init() throws { folder = try TestFolder() }

    private func open(
        _ text: String, target: String = "y", categorical: [String] = [], task: DataTask = .classification,
        missing: DataConfiguration.CSV.Missing = .error, test: String? = nil
    ) throws -> OpenedData {
        let file = try folder.write("t.jsonl", text)
        let tests = try test.map { DataFiles(try folder.write("test.jsonl", $0)) }
        return try OpenedData(
            .jsonLines(
                .init(
                    train: DataFiles(file), test: tests, target: target, categorical: categorical, task: task,
                    missing: missing)), cache: folder.cache)
    }

    private func problem(_ text: String, missing: DataConfiguration.CSV.Missing = .error) -> DatasetError? {
        do {
            _ = try open(text, missing: missing)
            return nil
        } catch { return error as? DatasetError }
    }

    @Test func sameAsCSV() throws {
        let json = try open(
            """
            {"a": 1, "color": "red", "y": "x"}
            {"color": "dark \\"blue\\", \\u00e9", "y": "z", "a": -2.5e3}
            {"a": "3", "color": null, "y": "x"}
            {"y": "z", "color": "red"}

            """, categorical: ["color"], missing: .mean)
        let file = try folder.write(
            "t.csv", "a,color,y\n1,red,x\n-2.5e3,\"dark \"\"blue\"\", é\",z\n3,,x\n,red,z\n")
        let csv = try OpenedData(
            .csv(.init(train: file, target: "y", categorical: ["color"], missing: .mean)), cache: folder.cache
        )
        #expect(json.fingerprint == csv.fingerprint && json.classNames == ["x", "z"])
        #expect(json.all(.training) == csv.all(.training))
        #expect(json.constants?.sampleShape == csv.constants?.sampleShape)
    }

    @Test func namesOfClassesAndTest() throws {
        let data = try open(
            "{\"a\":1,\"y\":true}\r\n{\"a\":2,\"y\":false}\r\n",
            test: "{\"y\":true,\"other\":7,\"a\":2}")
        #expect(data.classNames == ["false", "true"] && data.all(.test).targets == [1])
        #expect(data.warnings.contains { $0.contains("column 'other' is not in") })
        let escapes = try open(
            "{\"a\":1,\"y\":\"\\ud83d\\ude00\\n\\t\\/\"}\n{\"a\":2,\"y\":\"\\\\\"}\n{\"a\":\"x\",\"y\":\"\\\\\"}",
            categorical: ["a"])
        #expect(escapes.classNames == ["\\", "😀\n\t/"])
    }

    @Test(arguments: [
        ("{\"a\":1,\"y\":2}\n{\"a\":1,\"y\":[1]}\n", 2, "column 'y' has a list"),
        ("{\"a\":1,\"y\":{}}\n", 1, "column 'y' has an object"),
        ("{\"a\":1,\"y\":2}\n\n{\"a\":1,\"y\":2}\n", 2, "the line is blank"),
        ("{\"a\":1,\"y\":2}\n{\"a\":1,\"y\":2}}\n", 2, "text follows the object"),
        ("[1,2]\n", 1, "'{' is missing"),
        ("{\"a\":1,\"y\":2,\"a\":3}\n", 1, "the name 'a' occurs twice"),
        ("{\"a\":1,\"y\":\"x\n", 1, "a string continues after the end of its line"),
        ("{\"a\":1,\"y\":\"x", 1, "a string is never closed"),
        ("{\"a\":1,\"y\":\"\\q\"}\n", 1, "does not begin an escape sequence"),
        ("{\"a\":1,\"y\":\"\\ud83d\"}\n", 1, "does not begin an escape sequence"),
        ("{\"a\":1,\"y\":yes}\n", 1, "the value of 'y' is not JSON"),
        ("{\"a\":1,\"y\":2}\n{\"a\":null,\"y\":3}\n", 2, "column 'a' has no value"),
        ("{\"a\":1,\"y\":2}\n{\"a\":true,\"y\":3}\n", 2, "'true' in column 'a' is not a number"),
        ("{\"a\":\"x\\ny\",\"y\":2}\n", 1, "in column 'a' is not a number"),
        ("{\"a\":1,\"y\":2}\n{\"a\":1}\n", 2, "the target 'y' has no value"),
    ]) func mistakes(_ text: String, _ line: Int, _ message: String) throws {
        let error = try #require(problem(text))
        #expect(error.place == .line(line) && error.problem.contains(message), "\(error)")
    }

    /// A text with a line end within does not move the lines of those behind it.
    @Test func linesBehindLineEnds() throws {
        let error = try #require(
            problem("{\"b\":\"x\\n\\n\",\"a\":1,\"y\":2}\n{\"b\":\"\",\"a\":\"z\",\"y\":2}\n"))
        #expect(error.place == .line(1), "\(error)")
        let behind = #expect(throws: DatasetError.self) {
            try open(
                "{\"b\":\"x\\n\\n\",\"a\":1,\"y\":2}\n{\"b\":\"q\",\"a\":\"z\",\"y\":2}\n", categorical: ["b"]
            )
        }
        #expect(behind?.place == .line(2), "\(String(describing: behind))")
    }

    @Test func nothing() throws {
        for text in ["", "\n\n", "\u{FEFF}"] { #expect(problem(text)?.kind == .empty) }
        #expect(problem("{}\n")?.kind == .empty)
    }
}
