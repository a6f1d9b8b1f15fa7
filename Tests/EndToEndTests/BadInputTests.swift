import Foundation
import Testing

/// Mistakes of the outside world: one clear message, on one rank, a status other than 0, no stack trace, no
/// hang.
@Suite(.serialized) struct BadInputTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Runs a run file on two ranks and checks the message.
    private func expectRefusal(
        _ text: String, _ message: String, ranks: Int = 2, extra: [String] = [], run: String? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let file = try directory.write("run.yaml", text)
        let result = try CommandRunner.lockstep(
            ranks: ranks, ["train", file, "--run-dir", run ?? directory.path("run")] + extra, timeout: 60)
        #expect(result.status != 0 && !result.timedOut, "\(result.tail)", sourceLocation: location)
        #expect(result.output.contains(message), "\(result.output)", sourceLocation: location)
        let said = result.output.split(separator: "\n").count { $0.hasPrefix("lockstep: ") }
        #expect(said == 1, "said \(said) times: \(result.output)", sourceLocation: location)
        for trace in ["Fatal error", "Backtrace", "Thread 0", "Stack dump"] {
            #expect(!result.output.contains(trace), "\(result.output)", sourceLocation: location)
        }
    }

    private func runFile(data: String, batch: Int = 32, extra: String = "") -> String {
        """
        model: {mlp: {hidden: [16]}}
        data: \(data)
        batch: \(batch)
        shards: 4
        max_steps: 20
        optimizer: {sgd: {learning_rate: 0.1}}
        log_every_steps: 1
        checkpoint: {every_steps: 5}
        \(extra)
        """
    }

    private let synthetic = "{synthetic: {samples: 400, shape: [8], classes: 3}}"

    @Test func runFiles() throws {
        try expectRefusal(
            runFile(data: synthetic, extra: "lerning_rate: 1"), "lerning_rate: unknown key; ")
        try expectRefusal(runFile(data: synthetic, extra: "lerning_rate: 1"), "the command `keys` lists all")
        try expectRefusal(runFile(data: synthetic, extra: "epoch: 1"), "epochs")
        try expectRefusal(runFile(data: synthetic, extra: "seed: many"), "run.yaml:9")
        try expectRefusal(runFile(data: synthetic, batch: -5), "batch")
        try expectRefusal(runFile(data: synthetic, batch: 3), "3 samples cannot fill 4 shards")
        try expectRefusal(
            runFile(data: synthetic), "optimizer.sgd.momentum", extra: ["--set", "optimizer.sgd.momentum=2"])
        try expectRefusal(runFile(data: "{synthetic: {samples: -1}}"), "samples")
        try expectRefusal("model: {mlp: [", "is not valid YAML")
        try expectRefusal("", "empty")
    }

    @Test(arguments: [
        (["trian", "run.yaml"], "There is no command 'lockstep trian'. Did you mean 'train'?"),
        (["bench", "stpe", "run.yaml"], "There is no command 'lockstep bench stpe'. Did you mean 'step'?"),
        (["zzzzzz"], "There is no command 'lockstep zzzzzz'. 'lockstep --help' lists all."),
        (["train", "run.yaml", "--resmue"], "Did you mean '--resume'?"),
    ])
    func mistypedCommands(_ arguments: [String], _ message: String) throws {
        let result = try CommandRunner.lockstep(ranks: 1, arguments, timeout: 60)
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
    }

    /// Options that are keys of the run file, and the form of all messages.
    @Test(arguments: [
        (["train", "run.yaml", "--epochs", "3"], "lockstep: Unknown option '--epochs'. ", "--set epochs=3."),
        (
            ["train", "run.yaml", "--batch-size=64"], "lockstep: Unknown option '--batch-size'. ",
            "--set batch=64."
        ),
        (["evaluate", "run", "--seed", "3"], "lockstep: Unknown option '--seed'. ", "--set seed=3."),
        (["train", "run.yaml", "--zzzz", "3"], "lockstep: Unknown option '--zzzz'", "Usage: "),
        (["train"], "lockstep: Missing expected argument", "Usage: "),
        (["zzzzzz"], "lockstep: There is no command", ""),
        (
            ["bench", "step", "run.yaml", "--warmup", "9223372036854775807"],
            "lockstep: --warmup must be from 0 to 1000000", ""
        ),
        (
            ["bench", "allreduce", "--factor", "9223372036854775807"],
            "lockstep: --factor must be from 2 to 1000000", ""
        ),
        (["inspect", "/nothing"], "lockstep: /nothing does not exist", ""),
    ])
    func options(_ arguments: [String], _ message: String, _ hint: String) throws {
        let result = try CommandRunner.lockstep(ranks: 1, arguments, timeout: 60)
        #expect(
            result.status == 2 && result.output.hasPrefix(message)
                && (hint.isEmpty || result.output.contains(hint)),
            "\(result.output)")
        #expect(!result.output.contains("Error:"))
    }

    @Test(arguments: [
        (
            ["run.yaml", "--epochs", "3"],
            "CustomModel: Unknown option '--epochs'. Keys of the run file are given by --set: --set epochs=3."
        ),
        ([], "CustomModel: Missing expected argument '<file>'"),
        (["nothing.yaml"], "CustomModel: nothing.yaml: there is no such file"),
    ])
    func optionsOfOnesOwnProgram(_ arguments: [String], _ message: String) throws {
        let program = CommandRunner.productsDirectory.appendingPathComponent("CustomModel").path
        let result = try CommandRunner.run(program, arguments, timeout: 60)
        #expect(result.status == 2 && result.output.hasPrefix(message), "\(result.output)")
    }

    @Test func keys() throws {
        let all = try CommandRunner.lockstep(ranks: 1, ["keys"], timeout: 60)
        #expect(all.status == 0 && all.output.contains("\nshards "), "\(all.output)")
        let adam = try CommandRunner.lockstep(ranks: 1, ["keys", "optimizer.adam"], timeout: 60)
        let lines = adam.output.split(separator: "\n")
        #expect(lines.count == 6 && lines.dropFirst().allSatisfy { $0.hasPrefix("optimizer.adam.") })
        #expect(
            lines.contains {
                $0.contains(".learning_rate  0.001 ") && $0.hasSuffix(" (a number from 0 to 1e+30)")
            },
            "\(adam.output)")
        let unknown = try CommandRunner.lockstep(ranks: 1, ["keys", "optimiser"], timeout: 60)
        #expect(
            unknown.status == 2 && unknown.output.contains("did you mean 'optimizer'?"), "\(unknown.output)")
    }

    @Test func moreRanksThanShards() throws {
        try expectRefusal(runFile(data: synthetic), "5 ranks", ranks: 5)
    }

    @Test func missingRunFile() throws {
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", directory.path("nothing.yaml")], timeout: 60)
        #expect(result.status != 0 && result.output.contains("nothing.yaml"))
    }

    @Test func dataFiles() throws {
        func idx(_ name: String, _ bytes: [UInt8]) throws -> String {
            FileManager.default.createFile(atPath: directory.path(name), contents: Data(bytes))
                ? directory.path(name) : ""
        }
        let images = try idx(
            "images", [0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 2] + (0..<32).map { UInt8($0) })
        let labels = try idx("labels", [0, 0, 8, 1, 0, 0, 0, 8] + [0, 1, 2, 0, 1, 2, 0, 1])
        func data(_ images: String, _ labels: String, _ more: String = "") -> String {
            "{idx: {train_images: \(images), train_labels: \(labels)\(more)}}"
        }
        try expectRefusal(runFile(data: data(directory.path("none"), labels), batch: 4), "no such file")
        let short = try idx("short", [0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3])
        try expectRefusal(runFile(data: data(short, labels), batch: 4), "short")
        try expectRefusal(runFile(data: data(labels, images), batch: 4), "labels")
        try expectRefusal(
            runFile(data: data(images, labels, ", classes: 2"), batch: 4), "label 2 is not in 0...1")
        let empty = try idx("empty", [0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2])
        let noLabels = try idx("no-labels", [0, 0, 8, 1, 0, 0, 0, 0])
        try expectRefusal(runFile(data: data(empty, noLabels), batch: 4), "no samples")
        let corrupt = try idx("corrupt.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 99, 99, 99, 99, 99, 99])
        try expectRefusal(runFile(data: data(corrupt, labels), batch: 4), "corrupt.gz")
    }

    @Test func infiniteLossKeepsTheLastCheckpoint() throws {
        let text = runFile(data: synthetic).replacingOccurrences(
            of: "learning_rate: 0.1", with: "learning_rate: 1.0e+30"
        )
        .replacingOccurrences(of: "every_steps: 5", with: "every_steps: 1")
        try expectRefusal(text, "All ranks stop", ranks: 3)
        let steps = try FileManager.default.contentsOfDirectory(atPath: directory.path("run/checkpoints"))
        #expect(steps.contains("latest") && steps.contains { $0.hasPrefix("step-") })
        // The summary records this end, too.
        let summary = try Data(contentsOf: URL(fileURLWithPath: directory.path("run/summary.json")))
        let values = try #require(try JSONSerialization.jsonObject(with: summary) as? [String: Any])
        #expect(values["stopped_because"] as? String == "non_finite")
        #expect(values["ranks"] as? Int == 3 && (values["steps"] as? Int ?? 0) >= 1)
    }

    @Test func placesThatCannotBeWritten() throws {
        let file = try directory.write("regular", "not a directory")
        try expectRefusal(
            runFile(data: synthetic), "Not a directory. A part of the path is a file", run: file + "/run")
    }

    @Test func runDirectoryInUse() throws {
        let first = try CommandRunner.lockstep(
            ranks: 1,
            [
                "train", try directory.write("run.yaml", runFile(data: synthetic)), "--run-dir",
                directory.path("run"),
            ])
        #expect(first.status == 0, "\(first.tail)")
        try expectRefusal(runFile(data: synthetic), "Continue it with --resume")
    }

    @Test func checkpointOfAnotherModel() throws {
        let file = try directory.write("run.yaml", runFile(data: synthetic))
        let first = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("run"), "--stop-after-step", "5"])
        #expect(first.status == 0, "\(first.tail)")
        let metrics = directory.path("run/metrics.jsonl")
        let line = "{\"step\": 6}\n"
        try (String(contentsOfFile: metrics, encoding: .utf8) + line).write(
            toFile: metrics, atomically: true, encoding: .utf8)
        try expectRefusal(
            runFile(data: synthetic).replacingOccurrences(of: "[16]", with: "[17]"),
            "the checkpoint belongs to another model",
            extra: ["--resume"])
        try expectRefusal(
            runFile(data: synthetic).replacingOccurrences(of: "shards: 4", with: "shards: 8"), "shards",
            extra: ["--resume"])
        // What the one rank before has left is as it was.
        #expect(try String(contentsOfFile: metrics, encoding: .utf8).hasSuffix(line))
        let heartbeats = try FileManager.default.contentsOfDirectory(atPath: directory.path("run/heartbeats"))
        #expect(heartbeats == ["rank-00000"])
        let report = try CommandRunner.lockstep(ranks: 1, ["report", directory.path("run")], timeout: 60)
        #expect(report.status == 0 && report.output.contains("No rank failed"), "\(report.output)")
    }

    @Test func fullDisk() throws {
        guard getuid() == 0 else { return }
        let file = try directory.write(
            "run.yaml",
            runFile(data: synthetic).replacingOccurrences(of: "[16]", with: "[512, 512]"))
        let place = directory.path("small")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let command =
            "mount -t tmpfs -o size=1m tmpfs \(place) && \(CommandRunner.command) train \(file) --run-dir \(place)/run; "
            + "status=$?; ls -A \(place)/run/checkpoints; exit $status"
        let result = try CommandRunner.run("/usr/bin/unshare", ["-m", "bash", "-c", command], timeout: 60)
        #expect(result.status == 75, "\(result.output)")
        #expect(result.output.contains("No space left on device"), "\(result.output)")
        let remains = result.output.split(separator: "\n").filter { $0.hasPrefix(".") }
        #expect(remains.isEmpty, "\(result.output)")
    }
}
