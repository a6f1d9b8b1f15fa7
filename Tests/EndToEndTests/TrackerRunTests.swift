import Foundation
import LockstepTesting
import Testing

/// Runs with trackers: what they write is what `metrics.jsonl` has, also after a resume, and it changes no bit of the run.
@Suite(.serialized) struct TrackerRunTests {
    private let small: SmallRun
    private var directory: TemporaryDirectory { small.directory }
    private var file: String { small.file }
    private var run: String { small.path }

    init() throws {
        small = try SmallRun(
            """
            max_steps: 40
            evaluate: {every_steps: 10}
            checkpoint: {every_steps: 15}
            log_every_steps: 2
            """)
    }

    private var trackers: String {
        "trackers=[csv, {tensorboard: {histograms_every_steps: 10}}, {mlflow: {directory: \(directory.path("mlruns"))}}]"
    }

    /// Interrupted after step 25, and continued from the checkpoint of step 15 on another number of ranks.
    private func train() throws {
        for (ranks, more) in [(2, ["--stop-after-step", "25"]), (3, ["--resume"])] {
            let result = try CommandRunner.lockstep(
                ranks: ranks, ["train", file, "--run-dir", run, "--set", trackers] + more)
            #expect(result.status == 0, "\(result.tail)")
            guard ranks == 2 else { continue }
            // The checkpoint of step 25 is lost: steps 16 to 25 are made again.
            try FileManager.default.removeItem(atPath: run + "/checkpoints/step-00000025")
        }
    }

    @Test func aResumedRunHasEachRecordOnce() throws {
        try train()
        let plain = directory.path("plain")
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", plain]).status == 0)
        #expect(try RunResults(run).difference(from: RunResults(plain)) == nil)
        let records = try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8).split(
            separator: "\n")
        let rows = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
        #expect(rows.count == records.count + 1)
        let columns = rows[0].split(separator: ",").map(String.init)
        for (record, row) in zip(records.map(String.init), rows.dropFirst()) {
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            #expect(fields.count == columns.count)
            for (name, field) in zip(columns, fields) {
                let logged = RunResults.field(name, of: record) ?? ""
                #expect(field == (logged == "null" ? "" : logged), "\(name)")
            }
        }
    }

    /// The histograms of a run: the sums of squares of all gradients, by step; and all bytes behind the times.
    private func histograms(_ run: String) throws -> (squares: [Int: Double], bytes: [[UInt8]]) {
        let folder = run + "/tensorboard"
        var squares: [Int: Double] = [:]
        var all: [[UInt8]] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            var rest = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))[...]
            while rest.count > 16 {
                let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                // Behind the time, of 9 bytes, is the step.
                let message = Array(rest.dropFirst(12).prefix(length).dropFirst(9))
                rest = rest.dropFirst(16 + length)
                let tag = Array("gradients/".utf8)
                guard message.count > 100, message[0] == 0x10, message.firstRange(of: tag) != nil else {
                    continue
                }
                all.append(message)
                for range in message.ranges(of: tag) {
                    // Least and greatest value, number, sum, sum of squares: a byte for the field and 8 for the number.
                    let start = try #require(message[range.upperBound...].firstRange(of: [0x09]))
                    let numbers = stride(from: start.lowerBound, to: start.lowerBound + 45, by: 9).map {
                        place in
                        Double(
                            bitPattern: message[place + 1..<place + 9].reversed().reduce(0) {
                                $0 << 8 | UInt64($1)
                            })
                    }
                    squares[Int(message[1]), default: 0] += numbers[4]
                }
            }
        }
        return (squares, all)
    }

    /// Every value is counted by one rank, also where hosts update parts of the parameters, and the run has the same bits.
    @Test func histogramsHaveTheSameBitsOnAnyRanks() throws {
        // Several chunks, and tensors across their borders.
        let settings = ["model.mlp.hidden=[67, 131, 59]", "max_steps=20", "clip={norm: 0.01}"]
            .flatMap { ["--set", $0] }
        let plain = directory.path("plain")
        _ = try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", plain] + settings)
        let results = try RunResults(plain)
        var one: [[UInt8]]?
        for (ranks, more) in [
            (1, []), (3, []), (3, ["allreduce.shared_memory=false"]),
            (3, ["allreduce.shared_memory=false", "shard_optimizer=true"]),
        ] {
            let run = directory.path("\(ranks)\(more.count)")
            let all = ["trackers=[{tensorboard: {histograms_every_steps: 10}}]"] + more
            let result = try CommandRunner.lockstep(
                ranks: ranks,
                ["train", file, "--run-dir", run] + settings + all.flatMap { ["--set", $0] })
            #expect(result.status == 0, "\(result.tail)")
            #expect(try RunResults(run).difference(from: results) == nil, "\(ranks) ranks, \(more)")
            let (squares, bytes) = try histograms(run)
            #expect(squares.keys.sorted() == [10, 20])
            for line in try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8).split(
                separator: "\n")
            {
                guard let step = RunResults.field("step", of: String(line)).flatMap({ Int($0) }),
                    let square = squares[step],
                    let norm = RunResults.field("gradient_norm", of: String(line)).flatMap({ Double($0) })
                else { continue }
                #expect(abs(square.squareRoot() / norm - 1) < 1e-6, "step \(step): \(square), \(norm)")
            }
            #expect(bytes.count == 2 && bytes == one ?? bytes, "\(ranks) ranks, \(more)")
            one = bytes
        }
    }

    /// A run file without trackers writes what it wrote before.
    @Test func withoutTrackersThereAreNoFiles() throws {
        #expect(try CommandRunner.lockstep(ranks: 1, ["train", file, "--run-dir", run]).status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: run)
        #expect(!names.contains { ["metrics.csv", "tensorboard", "mlflow_run"].contains($0) })
    }

    @Test func anUnknownTrackerIsNamed() throws {
        let result = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", run, "--set", "trackers=[tensorbord]"])
        #expect(result.status == 2 && result.output.contains("did you mean 'tensorboard'?"), "\(result.tail)")
    }

    @Test(.enabled(if: CommandRunner.runsAll, "installs tensorboard and mlflow-skinny: scripts/test --all"))
    func theProgramsReadWhatWasLogged() throws {
        try train()
        let result = try readTrackers()
        #expect(
            result.output.contains("tensorboard, tbparse and mlflow agree with metrics.jsonl"),
            "\(result.tail)")
    }

    /// An example that makes images, interrupted and resumed: each image is there once.
    @Test(.enabled(if: CommandRunner.runsAll, "installs tensorboard and mlflow-skinny: scripts/test --all"))
    func theProgramsReadImages() throws {
        let example = CommandRunner.productsDirectory.appendingPathComponent("VAE").path
        let settings = [
            "batch=24", "task.vae.channels=4", "epochs=none", "max_steps=6", "evaluate={every_steps: 3}",
            "data.fashion_mnist.validation=0.01",
            "trackers=[tensorboard, {mlflow: {directory: \(directory.path("mlruns"))}}]",
        ]
        for more in [["--stop-after-step", "3"], ["--resume"], ["--resume"]] {
            let result = try CommandRunner.run(
                example,
                ["train", CommandRunner.repository.path + "/Examples/VAE/vae.yaml", "--run-dir", run]
                    + settings.flatMap { ["--set", $0] } + more)
            #expect(result.status == 0, "\(result.tail)")
        }
        let result = try readTrackers("--images")
        #expect(result.output.contains("tensorboard and mlflow have the images"), "\(result.tail)")
    }

    private func readTrackers(_ more: String...) throws -> CommandResult {
        let script = """
            set -euo pipefail
            . scripts/lib/common.sh
            . scripts/lib/python.sh
            install_modules tensorboard tensorboard tbparse tbparse mlflow mlflow-skinny
            "$(python_environment)/bin/python" scripts/lib/read_trackers.py "$@"
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script, "bash", run, directory.path("mlruns")] + more,
            directory: CommandRunner.repository, timeout: 900)
        #expect(result.status == 0, "\(result.tail)")
        return result
    }
}
