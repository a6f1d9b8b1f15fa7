import Foundation
import Testing

/// The example program with a model of its own, as a user would run it.
@Suite(.serialized) struct CustomModelTests {
    private let program = CommandRunner.productsDirectory.appendingPathComponent("CustomModel").path
    private let runFile = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path

    @Test func sameBitsOnOneAndThreeRanks() throws {
        let directory = try TemporaryDirectory()
        let arguments = [runFile, "--set", "epochs=1", "--run-dir"]
        let one = try CommandRunner.run(program, arguments + [directory.path("one")])
        #expect(one.status == 0, "\(one.tail)")
        let three = try CommandRunner.run(
            CommandRunner.launcher, ["-n", "3", program] + arguments + [directory.path("three")])
        #expect(three.status == 0, "\(three.tail)")
        let results = try RunResults(directory.path("one"))
        #expect(try RunResults(directory.path("three")).difference(from: results) == nil)
    }

    @Test func mistakesInArguments() throws {
        let result = try CommandRunner.run(program, ["--sett", "a=b"])
        #expect(result.status == 2)
        #expect(result.output.contains("Unknown option '--sett'"))
    }

    @Test func modelNeedsAtMostTwentyLines() throws {
        let source = CommandRunner.repository.appendingPathComponent("Examples/CustomModel/main.swift")
        let lines = try String(contentsOf: source, encoding: .utf8).split(separator: "\n")
            .filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }
        #expect(lines.count <= 20)
    }
}
