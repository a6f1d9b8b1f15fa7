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
        "trackers=[csv, tensorboard, {mlflow: {directory: \(directory.path("mlruns"))}}]"
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
        let script = """
            set -euo pipefail
            . scripts/lib/common.sh
            . scripts/lib/python.sh
            install_modules tensorboard tensorboard tbparse tbparse mlflow mlflow-skinny
            "$(python_environment)/bin/python" scripts/lib/read_trackers.py "$1" "$2"
            """
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", script, "bash", run, directory.path("mlruns")],
            directory: CommandRunner.repository, timeout: 900)
        #expect(result.status == 0, "\(result.tail)")
        #expect(
            result.output.contains("tensorboard, tbparse and mlflow agree with metrics.jsonl"),
            "\(result.tail)")
    }
}
