import Foundation
import LockstepConfiguration
import LockstepTraining
import Testing

/// The error for a run file that must be refused.
private func refusal(_ yaml: String) -> ConfigurationError? {
    #expect(throws: ConfigurationError.self) { try ConfigurationNode.yaml(yaml, file: "run.yaml") }
}

@Suite struct ConfigurationFileTests {
    @Test(arguments: [
        ("a: 1\nb: [1, 2\nc: 3", 3), ("a: 'x", 1), ("a: 1\n  b: 2", 2), ("a: *x", 1), ("\ta: 1", 1),
        ("a: 1\n---\nb: 2", 2),
        ("a: \u{7}", 1),
    ])
    func syntaxErrorsNameTheLine(_ yaml: String, _ line: Int) {
        let error = refusal(yaml)
        #expect(error?.kind == .syntax)
        #expect(error?.location == .line(line), "\(error.map(String.init(describing:)) ?? "")")
        #expect(error?.description.contains("is not valid YAML: ") ?? false)
    }

    @Test(arguments: ["a:\n\tb: 1", "a: 1\n  \tb: 2", "a:\n  b: 1\n\tc: 2"])
    func tabsInTheIndentationAreNamed(_ yaml: String) {
        #expect(refusal(yaml)?.description.contains("the line is indented with a tab; use spaces") ?? false)
    }

    @Test(arguments: ["", "\n# nothing but a comment\n", "---\n", "~"])
    func emptyFiles(_ yaml: String) {
        #expect(
            refusal(yaml)?.description
                == "run.yaml: is empty; a run file needs at least the keys model, data, batch, optimizer, and epochs or max_steps"
        )
    }

    @Test func duplicateKeys() {
        #expect(
            refusal("batch: 1\nepochs: 2\nbatch : 3")?.description
                == "run.yaml:3: batch: is given twice in one map, on line 1 and on line 3; keep one of the two"
        )
        #expect(
            refusal("model:\n  mlp:\n    hidden: [1]\n    hidden: [2]")?.location == .line(4))
        #expect(
            refusal("a: {b: 1, b: 2}")?.description
                == "run.yaml:1: b: is given twice in one map; keep one of the two")
    }

    @Test func otherThanMaps() {
        #expect(
            refusal("- a\n- b")?.description
                == "run.yaml:1: a run file is a map of keys, such as 'batch: 256'; this one holds a list")
        #expect(refusal("hello")?.kind == .wrongType)
        #expect(
            refusal("? [a, b]\n: 1")?.description == "run.yaml:1: a key must be a word, not a list or a map")
        #expect(
            refusal("a: 1\nb: !!str 5")?.description
                == "run.yaml:2: YAML tags such as 'tag:yaml.org,2002:str' are not used in run files; remove it"
        )
    }

    @Test func treesThatAliasesBlowUp() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<9 {
            yaml +=
                "a\(level): &a\(level) ["
                + [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        #expect(
            refusal(yaml)?.problem
                == "cannot be used: its aliases expand to more than 4000000 bytes; write the values without aliases"
        )
    }

    @Test func filesThatCannotBeRead() throws {
        func refusal(_ path: String) -> ConfigurationError? {
            #expect(throws: ConfigurationError.self) { try ConfigurationNode.file(path) }
        }
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "configuration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "run.yaml")
        #expect(
            refusal(file.path)?.description
                == "\(file.path): there is no such file; give the path of a run file (YAML)")
        #expect(refusal(folder.path)?.problem == "is a directory; give the path of a run file (YAML)")
        try Data([0x61, 0x3A, 0x20, 0xFF, 0xFE]).write(to: file)
        #expect(refusal(file.path)?.problem == "is not UTF-8 text; a run file is YAML")
        try Data(count: 2 << 20).write(to: file)
        #expect(refusal(file.path)?.kind == .unreadable)
        #expect(refusal(file.appending(path: "x").path)?.kind == .unreadable)
    }

    @Test func deepNestingIsNoCrash() {
        let error = refusal(String(repeating: "[", count: 5_000))
        #expect(error?.kind == .syntax)
    }
}

@Suite struct NearestKeyTests {
    @Test(arguments: [
        ("", "abc", 3), ("abc", "abc", 0), ("abcd", "acbd", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distances(_ a: String, _ b: String, _ distance: Int) {
        #expect(NearestKey.editDistance(Array(a), Array(b)) == distance)
        #expect(NearestKey.editDistance(Array(b), Array(a)) == distance)
    }

    @Test func nearestOnlyWhenNear() {
        #expect(NearestKey.find("epoch", in: ["batch", "epochs"]) == "epochs")
        #expect(NearestKey.find("Batch", in: ["batch", "epochs"]) == "batch")
        #expect(NearestKey.find("zzz", in: ["batch", "epochs"]) == nil)
        let keys = ["missing", "missing_values", "l1", "learning_rate"]
        #expect(NearestKey.find("missing_valus", in: keys) == "missing_values")
        #expect(NearestKey.find("lr", in: keys) == "learning_rate")
        #expect(NearestKey.find("x", in: ["l1"]) == nil)
    }
}
