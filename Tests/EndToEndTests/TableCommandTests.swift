import Foundation
import Testing

/// `lockstep evaluate` and `predict` on tables of the user's, and the statuses that they end with.
@Suite(.serialized) struct TableCommandTests {
    private let directory: TemporaryDirectory
    private let run: String

    init() throws {
        directory = try TemporaryDirectory()
        run = directory.path("run")
        _ = try directory.write("train.csv", Self.table(["x", "kind", "y"], 0..<120))
        _ = try directory.write("test.csv", Self.table(["x", "kind", "y"], 120..<160))
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data:
              csv: {train: \(directory.path("train.csv")), test: \(directory.path("test.csv")), target: y, categorical: [kind]}
            batch: 32
            max_steps: 20
            optimizer: {adam: {learning_rate: 0.02}}
            """)
        let trained = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run], timeout: 60)
        #expect(trained.status == 0, "\(trained.tail)")
    }

    /// A table with some columns in some order; each row has the values of its number.
    private static func table(
        _ columns: [String], _ rows: Range<Int>, delimiter: String = ","
    ) -> String {
        let lines = rows.map { row in
            columns.map { name in
                switch name {
                case "x": "\(Double(row % 40) / 7)"
                case "kind": ["red", "blue", "green"][row % 3]
                case "y": row % 40 < 20 ? "low" : "high"
                default: "\(row)"
                }
            }
        }
        return ([columns] + lines).map { $0.joined(separator: delimiter) + "\n" }.joined()
    }

    private func command(_ arguments: [String], ranks: Int = 1) throws -> CommandResult {
        try CommandRunner.lockstep(ranks: ranks, arguments, timeout: 60)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: directory.path(name), encoding: .utf8)
    }

    private func messageLines(_ result: CommandResult) -> [Substring] {
        result.output.split(separator: "\n").filter { $0.hasPrefix("lockstep: ") }
    }

    @Test func columnsInAnotherOrderGiveTheSameResults() throws {
        #expect(try command(["evaluate", run, "--json", directory.path("1.json")]).status == 0)
        #expect(try command(["predict", run, "--output", directory.path("1.csv")]).status == 0)
        let other = try directory.write("other.csv", Self.table(["y", "id", "kind", "x"], 120..<160))
        let test = ["--set", "data.csv.test=\(other)"]
        for ranks in 1...2 {
            let evaluated = try command(
                ["evaluate", run, "--json", directory.path("2.json")] + test, ranks: ranks)
            let predicted = try command(
                ["predict", run, "--output", directory.path("2.csv")] + test, ranks: ranks)
            for result in [evaluated, predicted] {
                #expect(result.status == 0, "\(result.tail)")
                #expect(
                    messageLines(result) == [
                        "lockstep: warning: \(other): column 'id' is not in \(directory.path("train.csv")) and therefore ignored"
                    ], "\(result.output)")
            }
            #expect(try text("2.json") == text("1.json"))
            #expect(try text("2.csv") == text("1.csv"))
        }
        // Predictions on the standard output are not mixed with it.
        let piped = try CommandRunner.run(
            "/bin/bash",
            [
                "-c",
                "'\(CommandRunner.command)' predict '\(run)' --set 'data.csv.test=\(other)' --output - 2>/dev/null",
            ], timeout: 60)
        #expect(try piped.output == text("1.csv"))
    }

    /// The message contains the text to type.
    @Test(arguments: [(";", ";"), ("\t", "\\t"), ("|", "|")])
    func anotherDelimiterIsSuggested(_ delimiter: String, _ written: String) throws {
        let other = try directory.write(
            "other.csv", Self.table(["x", "kind", "y"], 120..<160, delimiter: delimiter))
        let test = ["evaluate", run, "--set", "data.csv.test=\(other)"]
        let refused = try command(test)
        let option = "--set 'data.csv.delimiter=\"\(written)\"'"
        #expect(refused.status == 2, "\(refused.tail)")
        #expect(
            refused.output.contains("set delimiter: \"\(written)\" (\(option))\n"), "\(refused.output)")
        #expect(messageLines(refused).count == 1)
        #expect(try command(test + ["--set", "data.csv.delimiter=\"\(written)\""]).status == 0)
        // The same in a run file.
        let file = directory.path("run.yaml")
        let train = [
            "train", file, "--run-dir", directory.path("other"), "--set", "data.csv.train=\(other)", "--set",
            "data.csv.test=none",
        ]
        let untrained = try command(train)
        #expect(untrained.status == 2 && untrained.output.contains(option), "\(untrained.output)")
        let lines = try text("run.yaml").replacingOccurrences(
            of: "target: y,", with: "target: y, delimiter: \"\(written)\",")
        _ = try directory.write("run.yaml", lines)
        #expect(try command(train).status == 0)
    }

    @Test func mistakesEndWithStatus2() throws {
        let short = try directory.write("short.csv", Self.table(["x", "y"], 0..<5))
        let broken = try directory.write("broken.csv", "x,kind,y\n1,red,low\nmany,red,low\n")
        let blind = try directory.write("blind.csv", Self.table(["x", "kind"], 0..<5))
        func test(_ path: String) -> [String] { ["--set", "data.csv.test=\(path)"] }
        let out = ["--output", directory.path("out.csv")]
        let cases: [([String], String)] = [
            (["evaluate", run] + test("/nowhere/t.csv"), "/nowhere/t.csv: there is no such file"),
            (["predict", run] + out + test("/nowhere/t.csv"), "/nowhere/t.csv: there is no such file"),
            (["evaluate", run] + test(short), "short.csv:1: column 'kind' of "),
            (["predict", run] + out + test(short), "short.csv:1: column 'kind' of "),
            (["predict", run] + out + test(broken), "broken.csv:3: 'many' in column 'x' is not a number"),
            (["evaluate", run] + test(blind), "the test set has no targets"),
            (["evaluate", run, "--split", "validation"], "the data have no validation set"),
            (["evaluate", "/nowhere/run"], "/nowhere/run does not exist"),
            (["predict", "/nowhere/run"] + out, "/nowhere/run does not exist"),
            (["generate", "/nowhere/run"], "/nowhere/run does not exist"),
            (["generate", run], "is not of a language model"),
            (["evaluate", run, "--config", "/nowhere/run.yaml"], "/nowhere/run.yaml: there is no such file"),
            (["evaluate", run, "--set", "model.mlp.hidden=[17]"], "the checkpoint belongs to another model"),
            (["evaluate", run, "--set", "modle=mlp"], "unknown key"),
            (["evaluate", run, "--json", "/nowhere/m.json"], "/nowhere/m.json cannot be written"),
            (["predict", run, "--output", "/nowhere/p.csv"], "/nowhere/p.csv cannot be written"),
        ]
        for (arguments, message) in cases {
            let result = try command(arguments)
            #expect(result.status == 2, "\(arguments): \(result.status): \(result.output)")
            let messages = messageLines(result)
            #expect(messages.count == 1 && result.output.contains(message), "\(arguments): \(result.output)")
        }
        // Under the launcher, too.
        let several = try command(["evaluate", run] + test(short), ranks: 2)
        #expect(several.status == 2 && messageLines(several).count == 1, "\(several.output)")
    }

    @Test func faultsOfTheMachineDoNot() throws {
        let full = try command(["predict", run, "--output", "/dev/full"])
        #expect(full.status == 75 && full.output.contains("No space left on device"), "\(full.output)")
        let steps = try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints")
        for step in steps where step.hasPrefix("step-") {
            let model = URL(fileURLWithPath: "\(run)/checkpoints/\(step)/model.safetensors")
            var data = try Data(contentsOf: model)
            data[data.count - 1] ^= 1
            try data.write(to: model)
        }
        for arguments in [["evaluate", run], ["predict", run, "--output", "-"], ["generate", run]] {
            let result = try command(arguments)
            #expect(result.status == 1, "\(arguments): \(result.status): \(result.output)")
            #expect(result.output.contains(" can be used:\n"), "\(result.output)")
        }
    }
}
