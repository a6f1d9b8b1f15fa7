import Foundation
import Testing

/// Frozen and averaged parameters, and phases, of run files.
@Suite(.serialized) struct PhaseRunTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private let text = """
        model: {mlp: {hidden: [16, 8], batch_norm: true}}
        data: {synthetic: {samples: 400, shape: [6], classes: 3, validation: 0.2}}
        batch: 40
        shards: 5
        max_steps: 20
        optimizer: adam
        clip: {norm: 1}
        average: {decay: 0.9}
        freeze: {parameters: ["*.0"], until: 9}
        learning_rate_factors: {"*.bias": 2, output: 0.25}
        phases: [{name: all, optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}}, schedule: cosine}]
        evaluate: {every_steps: 20}
        """

    private func train(_ name: String, ranks: Int, _ more: [String] = []) throws -> RunResults {
        let file = try directory.write("run.yaml", text)
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", directory.path(name)] + more, timeout: 300)
        #expect(result.status == 0, "\(result.tail)")
        return try RunResults(directory.path(name))
    }

    /// Thawing in the middle, on any number of ranks, and with a resume before, at and after that step.
    @Test func sameBits() throws {
        let one = try train("one", ranks: 1)
        for ranks in [2, 3] {
            #expect(try train("ranks-\(ranks)", ranks: ranks).difference(from: one) == nil, "\(ranks) ranks")
        }
        for step in [5, 9, 12] {
            _ = try train("cut-\(step)", ranks: 2, ["--stop-after-step", "\(step)"])
            let resumed = try train("cut-\(step)", ranks: 3, ["--resume"])
            #expect(resumed.difference(from: one) == nil, "resumed after step \(step)")
        }
    }

    @Test func evaluationsUseTheAverages() throws {
        _ = try train("averaged", ranks: 1)
        _ = try train("plain", ranks: 1, ["--set", "average=none"])
        func validation(_ name: String) throws -> String {
            let result = try CommandRunner.lockstep(
                ranks: 1, ["evaluate", directory.path(name), "--split", "validation"], timeout: 60)
            #expect(result.status == 0, "\(result.tail)")
            let summary = try String(contentsOfFile: directory.path("\(name)/summary.json"), encoding: .utf8)
            let loss = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("loss") })
            let digits = try #require(loss.split(separator: " ").last)
            let value = try #require(
                summary.split(separator: "\n").first {
                    $0.contains("\"validation_loss\"") || $0.contains("\"loss\"")
                })
            return "\(digits) \(value)"
        }
        // The loss that `evaluate` prints is that of the run, and another one without averages.
        #expect(try validation("averaged") != validation("plain"))
        let same = try String(
            contentsOfFile: directory.path("averaged/checkpoints/latest/model.safetensors"),
            encoding: .isoLatin1)
        #expect(
            try same
                == String(
                    contentsOfFile: directory.path("plain/checkpoints/latest/model.safetensors"),
                    encoding: .isoLatin1)
        )
    }

    @Test(arguments: [
        ("phases.0.name=generator", "phases[0].name: the task has no phase 'generator'; its phases are all"),
        (
            "freeze.parameters=[hiden]",
            "freeze.parameters[0]: no parameter or scope is named 'hiden'; did you mean 'hidden'?"
        ),
        (
            "learning_rate_factors={hidden.0.*: 0.5, \"hiden.*\": 2}",
            "learning_rate_factors: no parameter or scope is named 'hiden.*'; did you mean 'hidden.0'?"
        ),
        (
            "learning_rate_factors={hidden: 0.5, hidden.0: 2}",
            "learning_rate_factors: 'hidden.0' has no effect, since earlier patterns match all of its parameters"
        ),
        (
            "learning_rate_factors={output: 0}",
            "learning_rate_factors: 'output' must be a number above 0 and of at most 1000000; got 0; "
                + "to leave parameters as they are, name them under freeze.parameters"
        ),
        (
            "freeze.parameters=[hidden, normalization, output]",
            "freeze.parameters: leaves no parameter for the phase 'all' to train"
        ),
    ])
    func mistakes(_ change: String, _ message: String) throws {
        let file = try directory.write("run.yaml", text)
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("mistake"), "--set", change], timeout: 60)
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("mistake")))
    }
}
