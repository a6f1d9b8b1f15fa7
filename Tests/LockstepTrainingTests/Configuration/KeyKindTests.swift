import LockstepConfiguration
import Testing

/// A part that stands in a map, in the same map, and in a list.
private struct Part: Configurable, Equatable {
    var size = 1
    var weight = 0.5

    static var keys: KeyTable<Self> {
        KeyTable(
            .integer("size", \.size, .within(1...9), "for tests", default: .required),
            .number("weight", \.weight, .within(0...1), "for tests"))
    }
}

/// The kinds of keys that `KeyTableTests` has not.
private struct Sample: Configurable, Equatable {
    struct Inner: Configurable, Equatable {
        var depth = 2
        static var keys: KeyTable<Self> { KeyTable(.integer("depth", \.depth, .within(1...9), "for tests")) }
    }

    var path = ""
    var width = 4
    var half = 2
    var seed: UInt64 = 7
    var rate: Double?
    var folder: String?
    var names: [String] = ["a"]
    var inner = Inner()
    var map = Inner()
    var part: Part?
    var parts: [Part] = [Part(size: 3)]

    static var keys: KeyTable<Self> {
        KeyTable(
            .text("path", \.path, what: "the path of a file", "for tests", default: .required),
            .integer("width", \.width, .within(1...99), "for tests"),
            .integer("half", \.half, .within(0...99), "for tests", default: .following { $0.width / 2 }),
            .seed("seed", \.seed, "for tests"),
            .optionalNumber("rate", \.rate, .within(0...1), "for tests", absent: "auto"),
            .optionalText("folder", \.folder, what: "the path of a folder", "for tests"),
            .texts("names", \.names, canBeEmpty: true, "for tests"), .including(\.inner),
            .section("map", \.map), .optionalSection("part", \.part, "for tests"),
            .sections("parts", \.parts, count: .within(1...2), "for tests"))
    }

    func check() throws(ComponentError) {
        guard half < width else { throw ComponentError(path: "half", problem: "must be below width") }
    }
}

private func read(_ yaml: String) throws -> (value: Sample, text: String) {
    let section = try ConfigurationSection(root: .yaml(yaml, file: nil), file: "run.yaml")
    let value = try Sample.keys.read(section, nil)
    try section.finish()
    return (value, section.effective.yaml)
}

/// Texts that are empty by default.
private struct EmptyTexts: Configurable, Equatable {
    var name = ""
    var folder: String? = ""
    var words = [""]
    var files = ["", "a"]

    static var keys: KeyTable<Self> {
        KeyTable(
            .text("name", \.name, "for tests"), .optionalText("folder", \.folder, "for tests"),
            .texts("words", \.words, "for tests"), .oneOrMore("files", \.files, what: "a file", "for tests"))
    }
}

@Suite struct KeyKindTests {
    /// What is written for a default can be read again, or a trained network could not be loaded.
    @Test func emptyDefaultsAreReadBack() throws {
        func read(_ yaml: String) throws -> (EmptyTexts, String) {
            let section = try ConfigurationSection(root: .yaml(yaml, file: nil), file: "run.yaml")
            return (try EmptyTexts.keys.read(section, nil), section.effective.yaml)
        }
        let (value, text) = try read("{}")
        #expect(value == EmptyTexts())
        #expect(try read(text) == (EmptyTexts(), text))
        #expect(try read("name: \"\"").0 == EmptyTexts())
        for yaml in ["name:", "words: [\"\", \"\"]", "files: \"\""] {
            #expect(throws: ConfigurationError.self) { try read(yaml) }
        }
    }

    @Test func defaultsAreThoseOfInit() throws {
        let (value, text) = try read("path: a")
        #expect(value == Sample { $0.path = "a" })
        #expect(
            text == """
                path: a
                width: 4
                half: 2
                seed: 7
                rate: auto
                folder: none
                names: [a]
                depth: 2
                map:
                  depth: 2
                part: none
                parts: [{size: 3, weight: 0.5}]

                """)
    }

    @Test func writtenValuesReplaceThem() throws {
        let text = """
            path: a
            width: 10
            half: 5
            seed: 18446744073709551615
            rate: 0.25
            folder: b
            names: [""]
            depth: 3
            map:
              depth: 4
            part:
              size: 5
              weight: 0.5
            parts: [{size: 6, weight: 1.0}, {size: 7, weight: 0.5}]

            """
        // What follows from another key need not be written, nor what has a default.
        let short = text.replacing("half: 5\n", with: "").replacing("  weight: 0.5\n", with: "")
        let (value, effective) = try read(short)
        #expect(effective == text)
        #expect(value.half == 5 && value.part == Part(size: 5) && value.inner.depth == 3)
        #expect(try read(text).value == value)
        #expect(try Sample.keys.effective(value).yaml == text)
    }

    /// A value made in code keeps what otherwise follows from another key.
    @Test func valuesInCodeAreNotDerivedAnew() throws {
        let value = Sample {
            $0.path = "a"
            $0.width = 10
        }
        #expect(try Sample.keys.effective(value).yaml.contains("half: 2\n"))
    }

    @Test(arguments: [
        ("width: 1", "run.yaml: path: is missing; it must be the path of a file"),
        ("pth: a", "run.yaml:1: pth: unknown key; did you mean 'path'? the command `keys` lists all"),
        ("path: a\nwidth: 100", "run.yaml:2: width: must be a whole number from 1 to 99; got 100"),
        ("path: a\nrate: none", "run.yaml:2: rate: must be a number from 0 to 1; got none"),
        ("path: a\nrate: 2", "run.yaml:2: rate: must be a number from 0 to 1; got 2"),
        (
            "path: a\nseed: -1",
            "run.yaml:2: seed: must be a whole number from 0 to 18446744073709551615; got -1"
        ),
        ("path: a\ndepth: 0", "run.yaml:2: depth: must be a whole number from 1 to 9; got 0"),
        ("path: a\nmap: {depth: 0}", "run.yaml:2: map.depth: must be a whole number from 1 to 9; got 0"),
        (
            "path: a\nmap: {dept: 1}",
            "run.yaml:2: map.dept: unknown key; did you mean 'depth'? the command `keys` lists all"
        ),
        ("path: a\npart: {}", "run.yaml:2: part.size: is missing; it must be a whole number from 1 to 9"),
        ("path: a\nparts: []", "run.yaml:2: parts: must be a list of a length from 1 to 2; got 0 elements"),
        (
            "path: a\nparts: [{size: 0}]",
            "run.yaml:2: parts[0].size: must be a whole number from 1 to 9; got 0"
        ),
        ("path: a\nfolder: ''", "run.yaml:2: folder: must be the path of a folder; got the text \"\""),
    ])
    func mistakes(_ yaml: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(yaml) }
        #expect(error?.description == message)
    }

    @Test func valuesInCodeAreChecked() {
        func message(_ change: (inout Sample) -> Void) -> String? {
            do {
                try Sample(change).validate()
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(message { $0.path = "a" } == nil)
        #expect(
            message { $0.parts[0].weight = .nan } == "parts[0].weight: must be a number from 0 to 1; got nan")
        #expect(
            message { $0.part = Part(size: 10) } == "part.size: must be a whole number from 1 to 9; got 10")
        #expect(message { $0.half = 4 } == "half: must be below width")
    }

    @Test func reference() throws {
        let reference = try ConfigurationReference { _ = try Sample.keys.read($0, nil) }
        func line(_ key: ConfigurationReference.Key) -> String {
            "\(key.path) = \(key.defaultValue ?? "required"): \(key.values)"
        }
        #expect(
            reference.keys.map(line) == [
                "path = required: the path of a file", "width = 4: a whole number from 1 to 99",
                "half = 2: a whole number from 0 to 99",
                "seed = 7: a whole number from 0 to 18446744073709551615",
                "rate = auto: a number from 0 to 1, or auto", "folder = none: the path of a folder, or none",
                "names = [a]: a list of texts, such as [a, b]", "depth = 2: a whole number from 1 to 9",
                "map.depth = 2: a whole number from 1 to 9", "part = none: a map of keys, or none",
                "part.size = required: a whole number from 1 to 9", "part.weight = 0.5: a number from 0 to 1",
                "parts = [{size: 3, weight: 0.5}]: a list of maps, such as [{...}, {...}]",
                "parts[].size = required: a whole number from 1 to 9",
                "parts[].weight = 0.5: a number from 0 to 1",
            ])
    }
}
