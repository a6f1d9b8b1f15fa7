import Foundation
import Testing

/// `lockstep evaluate`, `predict` and `inspect` on the checkpoint of a run: the same on any number of ranks.
@Suite(.serialized) struct CheckpointCommandTests {
    private let directory: TemporaryDirectory
    private let run: String

    init() throws {
        directory = try TemporaryDirectory()
        run = directory.path("run")
        let file = try directory.write(
            "run.yaml",
            """
            model: {mlp: {hidden: [16]}}
            data: {synthetic: {samples: 400, test_samples: 330, shape: [8], classes: 3, validation: 0.25}}
            batch: 32
            max_steps: 30
            optimizer: {adam: {learning_rate: 0.02}}
            evaluation_block: 50
            """)
        let trained = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run], timeout: 60)
        #expect(trained.status == 0, "\(trained.tail)")
    }

    @Test func predictionsOfAnyNumberOfRanksAreEqual() throws {
        var files: [Data] = []
        for ranks in [1, 2, 3, 5] {
            let path = directory.path("predictions-\(ranks).csv")
            let result = try CommandRunner.lockstep(
                ranks: ranks, ["predict", run, "--output", path], timeout: 60)
            #expect(result.status == 0, "\(result.tail)")
            #expect(result.output.contains("330 predictions are in \(path)"))
            files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        #expect(files.allSatisfy { $0 == files[0] })
        #expect(String(decoding: files[0], as: UTF8.self).split(separator: "\n").count == 331)
    }

    @Test func evaluationsOfAnyNumberOfRanksAreEqual() throws {
        var files: [String] = []
        for ranks in [1, 2, 3, 5] {
            let path = directory.path("metrics-\(ranks).json")
            let result = try CommandRunner.lockstep(
                ranks: ranks, ["evaluate", run, "--json", path], timeout: 60)
            #expect(result.status == 0, "\(result.tail)")
            #expect(result.output.contains("actual \\ predicted"))
            files.append(try String(contentsOfFile: path, encoding: .utf8))
        }
        #expect(files.allSatisfy { $0 == files[0] })
        // The run printed the same test accuracy.
        let summary = try String(contentsOfFile: "\(run)/summary.json", encoding: .utf8)
        let accuracy = files[0].split(separator: "\n").first { $0.contains("\"accuracy\"") }
        let number = accuracy?.split(separator: " ").last?.dropLast() ?? "none"
        #expect(summary.contains("\"test_accuracy\": \(number),"))
    }

    @Test func inspection() throws {
        let result = try CommandRunner.lockstep(ranks: 1, ["inspect", "--verify", run], timeout: 60)
        #expect(result.status == 0)
        #expect(result.output.contains("all 3 files are as they were written"))
        #expect(result.output.contains("hidden.0.weight"))
        let file = "\(run)/checkpoints/latest/optimizer.safetensors"
        var data = try Data(contentsOf: URL(fileURLWithPath: file))
        data[data.count / 2] ^= 4
        try data.write(to: URL(fileURLWithPath: file))
        let damaged = try CommandRunner.lockstep(ranks: 1, ["inspect", "--verify", run], timeout: 60)
        #expect(damaged.status == 1)
        #expect(damaged.output.contains("optimizer.safetensors: its checksum is"))
        #expect(
            damaged.output.contains(
                "1 of 3 checkpoints is damaged. \(run)/checkpoints/step-00000020 is the newest"),
            "\(damaged.output)")
        // A command that needs it refuses it, on one rank; or takes the one before, and says so.
        let refused = try CommandRunner.lockstep(
            ranks: 2, ["evaluate", "\(run)/checkpoints/latest"], timeout: 60)
        #expect(refused.status == 1)
        #expect(errors(refused) == 1, "\(refused.output)")
        #expect(
            refused.output.contains("/checkpoints/step-00000020 instead, the newest undamaged"),
            "\(refused.output)")
        let older = try CommandRunner.lockstep(ranks: 2, ["evaluate", run], timeout: 60)
        #expect(older.status == 0)
        #expect(errors(older) == 1 && older.output.contains("step-00000030 is not used: "), "\(older.output)")
        #expect(older.output.contains("checkpoints/step-00000020\n"))
        // The first damaged one does not hide another.
        #expect(truncate("\(run)/checkpoints/step-00000010/state.json", 3) == 0)
        let two = try CommandRunner.lockstep(ranks: 1, ["inspect", "--verify", run], timeout: 60)
        #expect(two.status == 1 && errors(two) == 3, "\(two.output)")
        #expect(
            two.output.contains("step-00000010/state.json: it has 3 bytes, but ")
                && two.output.contains("optimizer.safetensors: its checksum is")
                && two.output.contains("2 of 3 checkpoints are damaged."), "\(two.output)")
    }

    /// The number of messages.
    private func errors(_ result: CommandResult) -> Int {
        result.output.split(separator: "\n").count { $0.hasPrefix("lockstep: ") }
    }
}
