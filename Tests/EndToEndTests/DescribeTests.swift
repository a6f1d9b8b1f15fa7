import Foundation
import Testing

/// `lockstep describe`: what it says of each format, and that `lockstep train` accepts the run files that it proposes.
@Suite(.serialized) struct DescribeTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private static var fixtures: String {
        CommandRunner.repository.appendingPathComponent("Tests/Fixtures").path
    }

    private func describe(_ files: [String], _ more: [String] = [], status: Int32 = 0) throws -> String {
        let result = try CommandRunner.lockstep(ranks: 1, ["describe"] + files + more, timeout: 60)
        #expect(result.status == status, "\(result.output)")
        return result.output
    }

    /// Describes files, trains a step with the proposed run file, and returns the description.
    private func train(_ files: [String], _ more: [String] = []) throws -> String {
        let file = directory.path("run.yaml")
        let text = try describe(files, ["--run-file", file] + more)
        #expect(text.contains("problems: none\n"))
        let written = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.hasSuffix(written))
        let trained = try CommandRunner.lockstep(
            ranks: 1,
            [
                "train", file, "--run-dir", directory.path("run-\(UUID())"), "--set", "max_steps=2", "--set",
                "epochs=none",
            ],
            timeout: 60)
        #expect(trained.status == 0, "\(trained.output)\n\(written)")
        return text
    }

    @Test func aTableOfAllKindsOfColumns() throws {
        let text = try train(["\(Self.fixtures)/tables/sales.csv"])
        #expect(text.contains("fields separated by ';', names in the first line"))
        for line in [
            "decimal: \",\"", "thousands: \".\"", "id: [Nr]", "categorical: [Farbe]", "missing: mean",
            "validation: 0.2",
            "\n      - {column: Datum, format: \"%d.%m.%Y %H:%M\", features: [year], cyclic: [month, day_of_week, hour]}",
            "\n      - {column: Text, features: 256}", "target: Klasse",
        ] {
            #expect(text.contains(line), "\(line): \(text)")
        }
        #expect(
            try describe(["\(Self.fixtures)/tables/sales.csv"], ["--target", "Preis"], status: 2).contains(
                "rows without a target"))
        #expect(
            try describe(["\(Self.fixtures)/tables/sales.csv"], ["--target", "preis"], status: 2).contains(
                "there is no column 'preis'"))
    }

    /// No text either, although any file could be one.
    @Test func aFormatThatCannotBeRead() throws {
        let file = directory.path("table.parquet")
        try Data("PAR1\0\0\0\0PAR1".utf8).write(to: URL(fileURLWithPath: file))
        #expect(try describe([file], status: 2).contains("this is a Parquet file"))
    }

    @Test func allProblemsOfATable() throws {
        let rows = (0..<40).map { "\($0),\($0 % 3).5,\($0 % 2 == 0 ? "a" : "b")" }
        var lines = ["id,x,y"] + rows
        lines[3] = "2,many,a"
        lines[5] = "4,1.5"
        lines[7] = "6,\"1.5\"x,a"
        lines[9] = "8,1.5,"
        lines[11] = "10,1.5,a,b"
        let file = try directory.write("t.csv", lines.joined(separator: "\n") + "\n")
        let text = try describe([file], status: 2)
        for problem in [
            "fields that are not numbers, in columns of numbers (list texts for a missing value under missing_values): 1\n    \(file):4: 'many' in column 'x'",
            "rows with another number of fields: 2\n    \(file):6: the row has 2 fields, but the first has 3\n    \(file):12:",
            "rows that cannot be split into fields: 1\n    \(file):8: text follows a closing quote",
            "rows without a target: 1\n    \(file):10: column 'y' has no value",
        ] {
            #expect(text.contains(problem), "\(problem)\n\(text)")
        }
        #expect(text.contains("rows     37\n"))
        let few = try describe([file], ["--limit", "1"], status: 2)
        #expect(few.contains("has 3\n    and 1 more\n"))
    }

    @Test func otherTables() throws {
        // No header; a first line of something else, as in the files of scikit-learn; repeated names; blank lines; latin-1.
        let numbers = (0..<60).map { "\($0 % 7).25,\(1 + $0 % 11).5,\($0 % 3)" }.joined(separator: "\n")
        #expect(try train([try directory.write("a.csv", numbers)]).contains("header: false"))
        let counted = try train([try directory.write("b.csv", "60,2,setosa\n" + numbers)])
        #expect(counted.contains("skip_lines: 1") && counted.contains("classes 0 20, 1 20, 2 20"))
        let title = try train([try directory.write("g.csv", "Export of 2026\n\na,b,y\n" + numbers)])
        #expect(title.contains("skip_lines: 2") && title.contains("rows     60"), "\(title)")
        let blanks = try train([try directory.write("h.csv", numbers.replacing(",", with: " "))])
        #expect(blanks.contains("delimiter: \" \""))
        let twice = try train([try directory.write("c.csv", "a,a,y\n\n" + numbers + "\n")])
        #expect(twice.contains("names: [a, a_2, \"y\"]") && twice.contains("blank_lines: skip"))
        let latin = directory.path("d.csv")
        try Data("größe,y\n".utf8.map { $0 } + (0..<40).flatMap { Array("\($0).5,\($0 % 2)\n".utf8) }).write(
            to: URL(fileURLWithPath: latin))
        #expect(try train([latin]).contains("target: \"y\""))
        try Data([0x67, 0xF6, 0x2C, 0x79, 0x0A] + (0..<40).flatMap { Array("\($0).5,\($0 % 2)\n".utf8) })
            .write(
                to: URL(fileURLWithPath: latin))
        #expect(try train([latin]).contains("encoding: windows-1252"))
        let json = (0..<40).map {
            "{\"a\": \($0 % 7 == 0 ? "null" : "\($0)"), \"kind\": \"k\($0 % 3)\", \"y\": \(Double($0) / 3)}\n"
        }
        let lines = try train([try directory.write("e.jsonl", json.joined())])
        #expect(lines.contains("task: regression") && lines.contains("categorical: [kind]"))
        let broken = try directory.write("f.jsonl", json.joined() + "{\"a\": [1]}\nnothing\n")
        #expect(
            try describe([broken], status: 2).contains("lines that are not objects of numbers and texts: 2"))
    }

    @Test func arraysAndTexts() throws {
        let arrays = "\(Self.fixtures)/arrays"
        let names = try FileManager.default.contentsOfDirectory(atPath: arrays).sorted()
        #expect(!names.isEmpty)
        for name in names where [".npy", ".npz", ".h5"].contains(where: name.hasSuffix) {
            let result = try CommandRunner.lockstep(ranks: 1, ["describe", "\(arrays)/\(name)"], timeout: 60)
            #expect(
                [0, 2].contains(result.status) && result.output.contains("format"),
                "\(name): \(result.output)")
        }
        let idx = "/usr/share/datasets/fashion-mnist/t10k-"
        if FileManager.default.fileExists(atPath: idx + "labels-idx1-ubyte.gz") {
            let text = try train([idx + "images-idx3-ubyte.gz", idx + "labels-idx1-ubyte.gz"])
            #expect(text.contains("[10000, 28, 28]") && text.contains("0 to 9, mean 4.5, 10 different"))
        }
        let text = try train([CommandRunner.repository.appendingPathComponent("README.md").path])
        #expect(text.contains("gpt: {"))
        #expect(try describe(["/nowhere/x.csv"], status: 2).contains("/nowhere/x.csv"))
    }

    /// The other arrays that could be inputs or targets are named, and can be chosen.
    @Test func severalArraysOfInputs() throws {
        let file = "\(Self.fixtures)/arrays/rows.h5"
        let text = try train([file])
        let taken = try #require(
            text.firstMatch(of: #/takes \S+rows\.h5:(/\w+) as inputs; also possible: (.*)/#))
        let others = ["/whole", "/doubles", "/rows", "/bytes"].filter { $0 != taken.1 }
        #expect(others.allSatisfy(taken.2.contains) && !taken.2.contains("/labels"), "\(text)")
        #expect(taken.2.hasSuffix("; choose with --inputs NAME, or in the run file"))
        #expect(text.contains("inputs: \(taken.1)\n") && text.contains("targets: /labels\n"))
        #expect(text.matches(of: #/\n +# also possible: /doubles.*--inputs NAME\)\n +inputs: /#).count == 1)
        #expect(!text.contains("as targets"))

        let chosen = try train([file], ["--inputs", "/doubles"])
        #expect(chosen.contains("inputs: /doubles\n") && chosen.contains("takes \(file):/doubles as inputs"))
        let numbers = try train([file], ["--inputs", "bytes", "--target", "/doubles"])
        #expect(numbers.contains("targets: /doubles\n") && numbers.contains("task: regression\n"))
        let unknown = try describe([file], ["--inputs", "/nothing"], status: 2)
        #expect(unknown.contains("there is no array '/nothing'; the arrays are \(file):/bytes"), "\(unknown)")
        let both = try describe([file], ["--inputs", "/bytes", "--target", "/bytes"], status: 2)
        #expect(both.contains("it cannot be inputs and targets at the same time"), "\(both)")
        let names = "\(Self.fixtures)/arrays/names.npy"
        let bytes = "\(Self.fixtures)/arrays/bytes.npy"
        let texts = try describe([names, bytes], ["--inputs", names], status: 2)
        #expect(texts.contains("it has texts, but inputs are numbers"), "\(texts)")
        let table = try directory.write("t.csv", "x,y\n1,2\n")
        #expect(try describe([table], ["--inputs", "x"], status: 2).contains("leave --inputs out"))
        // One array of inputs: nothing to choose.
        #expect(!(try describe(["\(Self.fixtures)/arrays/one.h5"]).contains("also possible")))
    }

    @Test func foldersAndArchives() throws {
        let images = "\(Self.fixtures)/images"
        let files = try FileManager.default.contentsOfDirectory(atPath: images).sorted().filter {
            $0.hasSuffix(".png") || $0.hasSuffix(".jpg")
        }
        for (index, file) in files.prefix(8).enumerated() {
            let folder = directory.path("photos/\(index % 2 == 0 ? "cat" : "dog")")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(images)/\(file)", toPath: "\(folder)/\(file)")
        }
        let text = try describe([directory.path("photos")])
        #expect(
            text.contains("image_folder") && text.contains("cat") && text.contains("run file:"), "\(text)")
        try Data("no image".utf8).write(to: URL(fileURLWithPath: directory.path("photos/cat/broken.png")))
        try Data().write(to: URL(fileURLWithPath: directory.path("photos/dog/empty.jpg")))
        let broken = try describe([directory.path("photos")], status: 2)
        #expect(
            broken.contains("images that cannot be decoded: 2") && broken.contains("broken.png"), "\(broken)")
    }
}
