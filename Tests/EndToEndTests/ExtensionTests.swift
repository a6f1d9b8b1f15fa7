import Foundation
import LockstepTesting
import Testing

/// Examples/Extension, a package outside of this one that adds a part of each kind, and the pages that explain it.
@Suite(.serialized) struct ExtensionTests {
    private let package = CommandRunner.repository.appendingPathComponent("Examples/Extension")
    private let guides = CommandRunner.repository.appendingPathComponent("docs/guides")

    @Test func packageCanBeRead() throws {
        let result = try ProgramRun.run(
            "/usr/bin/env", ["swift", "package", "--package-path", package.path, "dump-package"])
        #expect(result.status == 0 && result.output.contains("\"Spectra\""), "\(result.tail)")
    }

    @Test(arguments: [
        "an-operation", "a-layer", "a-model", "a-data-set", "an-optimizer", "a-schedule", "a-task",
        "a-metric",
    ]) func blocksOfThePageAreCodeOfTheExample(page: String) throws {
        let text = try String(
            contentsOf: guides.appendingPathComponent("adding-\(page).md"), encoding: .utf8)
        let index = try String(
            contentsOf: CommandRunner.repository.appendingPathComponent("docs/README.md"), encoding: .utf8)
        #expect(index.contains("guides/adding-\(page).md"))
        for (language, ending) in [("swift", "swift"), ("yaml", "yaml")] {
            let sources = try sources(ending)
            for block in Self.blocks(of: text, language) {
                #expect(
                    sources.contains { DocumentationPage.has($0, block) },
                    "adding-\(page).md: no \(ending) file of Examples/Extension has this code:\n\(block)")
            }
        }
        #expect(!Self.blocks(of: text, "swift").isEmpty)
    }

    @Test func aBlockThatDiffersIsFound() {
        let source = "struct A {\n    func b() {\n        c()\n\n        d()\n    }\n}\n"
        #expect(DocumentationPage.has(source, "func b() {\n    c()\n\n    d()\n}"))
        #expect(!DocumentationPage.has(source, "func b() {\n    c()\n\n    e()\n}"))
    }

    /// As a user builds and runs it: minutes for the build of Lockstep as a dependency.
    @Test(.enabled(if: ProgramRun.runsAll, "builds Lockstep once more: scripts/test --all"))
    func buildTrainEvaluatePredict() throws {
        let directory = try TemporaryDirectory()
        // Kept, so that another run builds only what has changed. `swift test` builds the program, too.
        let scratch = CommandRunner.repository.appendingPathComponent(".build-extension").path
        let tested = try ProgramRun.run(
            "/usr/bin/env",
            [
                "swift", "test", "-c", "release", "--package-path", package.path, "--scratch-path", scratch,
                "--disable-xctest", "--no-parallel",
            ], environment: ProgramRun.environmentOfRanks, timeout: 3000)
        #expect(tested.status == 0, "\(tested.tail)")
        for test in ["gradientsOfSoftThreshold", "stepsOfSignum", "sameBitsOnOneTwoAndThreeRanks"] {
            #expect(tested.output.contains("\(test)() passed"))
        }
        let program = scratch + "/release/Spectra"
        func run(_ arguments: [String], ranks: Int = 1) throws -> ProgramResult {
            try ProgramRun.run(
                "/usr/bin/env",
                ["-C", package.path] + ProgramRun.launcher(ranks: ranks) + [program] + arguments,
                environment: ProgramRun.environmentOfRanks)
        }
        let trained = try run(["train", "spectra.yaml", "--run-dir", directory.path("run")], ranks: 2)
        #expect(trained.status == 0, "\(trained.tail)")
        let evaluated = try run(["evaluate", directory.path("run"), "--json", directory.path("test.json")])
        #expect(evaluated.status == 0 && evaluated.output.contains("spectral angle"), "\(evaluated.tail)")
        let metrics = try String(contentsOfFile: directory.path("test.json"), encoding: .utf8)
        let angle = RunResults.field("spectral_angle", of: metrics.replacing("\n", with: ""))
        #expect(angle.flatMap(Double.init).map { $0 < 10 } == true, "\(metrics)")
        let predicted = try run(["predict", directory.path("run"), "--output", directory.path("angles.csv")])
        #expect(predicted.status == 0, "\(predicted.tail)")
        let lines = try String(contentsOfFile: directory.path("angles.csv"), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.first == "sample,spectral_angle" && lines.count == 25)

        let exported = try run(["export", directory.path("run"), "--onnx", directory.path("spectra.onnx")])
        #expect(
            exported.status == 0 && exported.output.contains("spectrum float32 [batch, ")
                && exported.output.contains("rebuilt float32 [batch, "), "\(exported.tail)")

        let keys = try run(["keys"])
        for key in [
            "model.sparse_coder.atoms", "data.spectra.training", "task.denoising.noise",
            "optimizer.signum.beta",
            "schedule.inverse_square_root.timescale",
        ] {
            #expect(keys.output.contains(key))
            let misspelt = try run(["train", "spectra.yaml", "--set", "\(key)x=1"])
            let name = key.split(separator: ".").last ?? ""
            #expect(misspelt.status == 2 && misspelt.output.contains("'\(name)'"), "\(misspelt.tail)")
        }

        for command in ["evaluate", "generate"] {
            let foreign = try CommandRunner.lockstep(ranks: 1, [command, directory.path("run")])
            #expect(foreign.status == 2)
            #expect(
                foreign.output.contains(
                    "this run was trained by the program 'Spectra': use Spectra \(command) \(directory.path("run"))"
                ),
                "\(foreign.tail)")
        }
    }

    private func sources(_ ending: String) throws -> [String] {
        let files = FileManager.default.enumerator(at: package, includingPropertiesForKeys: nil)
        return try (files.map { $0.compactMap { $0 as? URL } } ?? [])
            .filter { $0.pathExtension == ending && !$0.path.contains("/.build") }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    /// The quoted code of a page in a language.
    private static func blocks(of page: String, _ language: String) -> [String] {
        page.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }
}
