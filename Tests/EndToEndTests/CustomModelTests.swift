import Foundation
import Testing

/// The example program with a custom model, as a user would run it.
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

    @Test func anotherProgramSaysWhichOneTrainedTheRun() throws {
        let directory = try TemporaryDirectory()
        let run = directory.path("run")
        let trained = try CommandRunner.run(
            program, [runFile, "--run-dir", run, "--set", "epochs=1", "--stop-after-step", "2"])
        #expect(trained.status == 0, "\(trained.tail)")
        let manifest = try String(
            contentsOfFile: run + "/checkpoints/latest/manifest.json", encoding: .utf8)
        #expect(manifest.contains("\"program\" : \"CustomModel\""), "\(manifest)")
        #expect(try CommandRunner.run(program, ["evaluate", run]).status == 0)
        for command in ["evaluate", "predict"] {
            let result = try CommandRunner.lockstep(
                ranks: 1,
                [command, run]
                    + (command == "predict" ? ["--output", directory.path("predictions.csv")] : [])
            )
            #expect(result.status == 2)
            #expect(result.output.contains("hidden.0.weight"), "\(result.tail)")
            #expect(
                result.output.contains(
                    "this run was trained by the program 'CustomModel': use CustomModel \(command) \(run)"),
                "\(result.tail)")
        }
        // A mistake that the components do not explain.
        let mistake = try CommandRunner.lockstep(ranks: 1, ["evaluate", run, "--set", "batc=1"])
        #expect(mistake.status == 2 && !mistake.output.contains("CustomModel"), "\(mistake.tail)")
    }

    @Test func manifestsOfLockstepNameNoProgram() throws {
        let directory = try TemporaryDirectory()
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", runFile, "--run-dir", directory.path("run"), "--stop-after-step", "1"])
        #expect(result.status == 0, "\(result.tail)")
        let manifest = try String(
            contentsOfFile: directory.path("run/checkpoints/latest/manifest.json"), encoding: .utf8)
        #expect(!manifest.contains("\"program\""), "\(manifest)")
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
