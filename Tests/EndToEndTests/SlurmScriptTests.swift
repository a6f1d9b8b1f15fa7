import Foundation
import Testing

/// What cluster/slurm/train.sbatch does after training has ended, without Slurm: with a `scontrol` that writes down its arguments
/// and a launcher that leaves what a run would leave.
@Suite struct SlurmScriptTests {
    /// How a start of the job goes, and what must follow.
    struct Case: Sendable, CustomTestStringConvertible {
        /// What the launcher does: shell commands; `progress` writes a newer checkpoint, `summary REASON` a summary.
        var training: String
        /// The signal that the script gets while the launcher runs.
        var signal: String?
        /// Whether the job is put back into the queue.
        var requeues: Bool
        /// The status that the script ends with.
        var status: Int32
        /// A part of what it says.
        var message: String
        var testDescription: String { "\(training), \(signal ?? "no signal")" }
    }

    private static let asked = "for i in $(seq 200); do [ -e asked ] && break; sleep 0.05; done; "
    static let cases = [
        Case(
            training: "progress; summary epochs", requeues: false, status: 0, message: "finished (epochs)"),
        Case(
            training: asked + "progress; summary signal", signal: "USR1", requeues: true, status: 0,
            message: "goes on from step-2"),
        Case(
            training: asked + "summary signal", signal: "USR1", requeues: false, status: 1,
            message: "no checkpoint was written since the start"),
        // All steps were done before the signal was looked at.
        Case(
            training: asked + "progress; summary max_steps", signal: "USR1", requeues: false, status: 0,
            message: "finished (max_steps)"),
        Case(
            training: asked + "progress; summary signal", signal: "TERM", requeues: false, status: 0,
            message: "To go on: scontrol requeue 7"),
        Case(
            training: asked + "exit 143", signal: "TERM", requeues: false, status: 143,
            message: "the newest checkpoint is step-1"),
        Case(training: "progress; exit 75", requeues: true, status: 0, message: "ended with status 75"),
        Case(training: "progress; exit 137", requeues: true, status: 0, message: "ended with status 137"),
        Case(training: "exit 75", requeues: false, status: 75, message: "not started again: no checkpoint"),
        Case(training: "progress; exit 2", requeues: false, status: 2, message: "refused what it was given"),
        Case(
            training: "progress; summary non_finite; exit 1", requeues: false, status: 1,
            message: "the loss is not finite"),
    ]

    @Test(arguments: cases) func decides(_ expected: Case) throws {
        let directory = try TemporaryDirectory()
        try program(
            directory, "scripts/launch",
            """
            progress() { ln -sfn step-2 run/checkpoints/latest; }
            summary() { printf '{\\n  "stopped_because": "%s",\\n  "steps": 3\\n}\\n' "$1" > run/summary.json; }
            trap 'touch asked' USR1
            printf "%s\\n" "$*" > arguments
            touch ready
            \(expected.training)
            """)
        try program(directory, "bin/scontrol", "echo \"$@\" > requeued")
        try program(directory, "lockstep", "")
        _ = try directory.write("run.yaml", "")
        try FileManager.default.createDirectory(
            atPath: directory.path("run/checkpoints"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("run/checkpoints/latest"), withDestinationPath: "step-1")
        let send =
            expected.signal.map { "(until [ -e ready ]; do sleep 0.05; done; kill -\($0) $$) & " } ?? ""
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", send + "exec bash \(SlurmCluster.batchScript) run.yaml --set epochs=2"],
            environment: [
                "PATH": directory.path("bin") + ":/usr/bin:/bin", "LOCKSTEP_HOME": directory.url.path,
                "LOCKSTEP_BINARY": directory.path("lockstep"), "LOCKSTEP_RUN_DIR": "run", "SLURM_JOB_ID": "7",
                "SLURM_JOB_NAME": "lockstep", "SLURM_NTASKS": "3", "SLURM_JOB_NODELIST": "n[1-3]",
            ], directory: directory.url, timeout: 30)
        #expect(result.status == expected.status && !result.timedOut, "\(result.output)")
        #expect(result.output.contains(expected.message), "\(result.output)")
        let requeued = try? String(contentsOfFile: directory.path("requeued"), encoding: .utf8)
        #expect(requeued == (expected.requeues ? "requeue 7\n" : nil), "\(result.output)")
        let arguments = try String(contentsOfFile: directory.path("arguments"), encoding: .utf8)
        #expect(arguments == "-n 3 train run.yaml --run-dir run --resume --set epochs=2\n")
    }

    /// The script outside the repository, with an installation in PATH or in LOCKSTEP_HOME.
    @Test(arguments: [true, false]) func usesAnInstallation(_ isInPath: Bool) throws {
        let directory = try TemporaryDirectory()
        try program(
            directory, "share/lockstep/scripts/launch", "echo \"$LOCKSTEP_BINARY $*\"")
        try program(directory, "bin/lockstep", "")
        try program(directory, "share/lockstep/installed-files", "")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path("bin/lockstep-launch"),
            withDestinationPath: "../share/lockstep/scripts/launch")
        _ = try directory.write("run.yaml", "")
        var environment = [
            "PATH": "/usr/bin:/bin", "SLURM_JOB_ID": "7", "SLURM_NTASKS": "3", "SLURM_JOB_NODELIST": "n[1-3]",
        ]
        if isInPath {
            environment["PATH"] = directory.path("bin") + ":/usr/bin:/bin"
        } else {
            environment["LOCKSTEP_HOME"] = directory.path("share/lockstep")
        }
        let result = try CommandRunner.run(
            "/bin/bash", [SlurmCluster.batchScript, "run.yaml"], environment: environment,
            directory: directory.url, timeout: 30)
        #expect(result.status == 0, "\(result.output)")
        let command = directory.path("bin/lockstep") + " -n 3 train run.yaml "
        #expect(result.output.contains("\n" + command), "\(result.output)")
    }

    @Test func refusesToRunWithoutSlurmOrProgram() throws {
        let alone = try CommandRunner.run(
            "/bin/bash", ["-c", "unset SLURM_JOB_ID; exec bash \(SlurmCluster.batchScript)"], timeout: 30)
        #expect(alone.status == 2 && alone.output.contains("this is a batch script"), "\(alone.output)")
        let missing = try CommandRunner.run(
            "/bin/bash", [SlurmCluster.batchScript],
            environment: ["SLURM_JOB_ID": "7", "LOCKSTEP_HOME": "/nowhere"], timeout: 30)
        #expect(
            missing.status == 2 && missing.output.contains("cannot read '/nowhere/.build/release/lockstep'"),
            "\(missing.output)")
    }

    private func program(_ directory: TemporaryDirectory, _ name: String, _ body: String) throws {
        let path = directory.url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        _ = try directory.write(name, "#!/bin/bash\n" + body + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path)
    }
}
