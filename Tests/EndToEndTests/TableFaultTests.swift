import Foundation
import Testing

/// Tables whose numbers, names or classes are not what they seem, at the commands that users type.
@Suite(.serialized) struct TableFaultTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func runFile(_ data: String) throws -> String {
        try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data: {csv: {train: \(directory.path("t.csv")), target: y, \(data)}}
            batch: 50
            shards: 2
            epochs: 40
            optimizer: {adam: {learning_rate: 0.02}}
            """)
    }

    private func train(_ data: String, ranks: Int = 1, _ more: [String] = []) throws -> CommandResult {
        try CommandRunner.lockstep(
            ranks: ranks, ["train", try runFile(data), "--run-dir", directory.path("run")] + more,
            timeout: 120)
    }

    private func predictions(_ table: String) throws -> [[Substring]] {
        let file = directory.path("p.csv")
        let result = try CommandRunner.lockstep(
            ranks: 1,
            ["predict", directory.path("run"), "--set", "data.csv.test=\(table)", "--output", file],
            timeout: 60)
        #expect(result.status == 0, "\(result.tail)")
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst()
        return lines.map { $0.split(separator: ",") }
    }

    private func write(_ rows: (Int) -> String) throws {
        _ = try directory.write("t.csv", "x,y\n" + (0..<505).map { "\(rows($0))\n" }.joined())
    }

    /// A column of Unix times distinguishes classes and, as a target, is predicted to the second.
    @Test func unixTimes() throws {
        let start = 1_700_000_000
        try write { "\(start + $0 % 101),\($0 % 101 < 50 ? "early" : "late")" }
        let trained = try train("validation: 0.2")
        #expect(trained.status == 0 && !trained.output.contains("Warning"), "\(trained.tail)")
        let other = try directory.write("other.csv", "x,y\n\(start + 10),early\n\(start + 90),late\n")
        #expect(try predictions(other).map { "\($0[2])" } == ["early", "late"])
        try FileManager.default.removeItem(atPath: directory.path("run"))
        try write { "\($0 % 101),\(start + $0 % 101)" }
        let regression = try train("task: regression")
        #expect(regression.status == 0, "\(regression.tail)")
        let times = try directory.write("other.csv", "x,y\n10,\(start + 10)\n90,\(start + 90)\n")
        for (row, second) in zip(try predictions(times), [10, 90]) {
            #expect(abs((Double(row[1]) ?? 0) - Double(start + second)) < 0.001, "\(row)")
            #expect(abs((Double(row[2]) ?? 0) - Double(start + second)) < 10, "\(row)")
        }
    }

    @Test func latin1() throws {
        let towns: [[UInt8]] = [[0xE4], [0xE9], [0xF6], [0xFB]].map {
            Array("K".utf8) + $0 + Array("ln".utf8)
        }
        var table = Array("town,y\n".utf8)
        for row in 0..<400 {
            table += towns[row % 4] + Array(row % 4 < 2 ? ",one\n".utf8 : ",two\n".utf8)
        }
        try Data(table).write(to: URL(fileURLWithPath: directory.path("t.csv")))
        let refused = try train("categorical: [town]", ranks: 2)
        #expect(refused.status == 2, "\(refused.tail)")
        #expect(
            refused.output.contains(
                "t.csv:2: byte 0xE4 (byte 8 of the file) is not UTF-8; save the file as UTF-8"),
            "\(refused.output)")
        let trained = try train("categorical: [town]", ["--set", "data.csv.encoding=latin-1"])
        #expect(trained.status == 0, "\(trained.tail)")
        let rows = Array("town,y\n".utf8) + towns[1] + Array(",one\n".utf8) + towns[2] + Array(",two\n".utf8)
        try Data(rows).write(to: URL(fileURLWithPath: directory.path("other.csv")))
        #expect(try predictions(directory.path("other.csv")).map { "\($0[2])" } == ["one", "two"])
    }

    /// A warning stands once on the terminal and once in train.log, whatever the number of ranks; what cannot
    /// be meant is refused.
    @Test func classesThatAreNone() throws {
        try write { "\($0),\(326 + $0 % 250 * 3)" }
        let warned = try train("missing_values: [\"\", \"-\"]", ranks: 2, ["--set", "epochs=1"])
        #expect(warned.status == 0, "\(warned.tail)")
        let text =
            "the target 'y' has 250 different numbers, like a quantity; if it is one, set task: regression"
        let log = try String(contentsOfFile: directory.path("run/train.log"), encoding: .utf8)
        for output in [warned.output, log] {
            #expect(output.split(separator: "\n").count { $0.contains(text) } == 1, "\(output)")
        }
        let configuration = try String(contentsOfFile: directory.path("run/config.yaml"), encoding: .utf8)
        #expect(configuration.contains("missing_values: [\"\", \"-\"]"), "\(configuration)")
        try FileManager.default.removeItem(atPath: directory.path("run"))
        try write { "\($0),\(Double($0 % 250) + 0.5)" }
        let refused = try train("", ranks: 2)
        #expect(
            refused.status == 2 && refused.output.contains("--set data.csv.task=regression"),
            "\(refused.output)")
    }

    /// Arguments are bytes: what is not UTF-8 is refused and not repaired.
    @Test func arguments() throws {
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", "'\(CommandRunner.command)' generate nowhere --prompt $'caf\\xe9'"],
            timeout: 60)
        #expect(result.status == 2 && result.output.contains("argument 4, "), "\(result.output)")
    }
}
