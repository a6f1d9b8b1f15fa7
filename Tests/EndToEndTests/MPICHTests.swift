import Foundation
import Testing

/// A build for MPICH 4 in a separate folder, and the launcher with MPICH's mpirun.
@Suite(
    .serialized,
    .enabled(
        if: CommandRunner.runsAll
            && (try? CommandRunner.run("/usr/bin/env", ["mpirun.mpich", "--version"]))?.status == 0,
        "scripts/test --all, and MPICH: scripts/setup --with-mpich"))
struct MPICHTests {
    private let directory: TemporaryDirectory
    private let command =
        CommandRunner.repository.appendingPathComponent(".build-mpich/release/lockstep").path

    init() throws { directory = try TemporaryDirectory() }

    private func launch(_ arguments: [String]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, arguments,
            environment: ["LOCKSTEP_MPIRUN": "mpirun.mpich", "LOCKSTEP_BINARY": command],
            directory: directory.url, timeout: 120)
    }

    private func script(_ body: String) throws -> String {
        let path = try directory.write("program", "#!/bin/bash\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// A build of minutes, kept for the next time.
    @Test func sameBitsAsUnderOpenMPI() throws {
        let built = try CommandRunner.run(
            "/usr/bin/env",
            [
                "swift", "build", "-c", "release", "--package-path", CommandRunner.repository.path,
                "--scratch-path", CommandRunner.repository.appendingPathComponent(".build-mpich").path,
                "--product", "lockstep",
            ], environment: ["LOCKSTEP_MPI": "mpich"], timeout: 3000)
        #expect(built.status == 0, "\(built.tail)")
        let version = try CommandRunner.run(command, ["--version"])
        #expect(version.output.contains("MPICH 4"), "\(version.output)")

        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 40))
        let stopped = try launch([
            "-n", "3", "train", file, "--run-dir", directory.path("new"), "--stop-after-step", "15",
        ])
        #expect(stopped.status == 0, "\(stopped.tail)")
        let new = try launch(["-n", "2", "train", file, "--run-dir", directory.path("new"), "--resume"])
        #expect(new.status == 0, "\(new.tail)")
        let summary = try String(contentsOfFile: directory.path("new/summary.json"), encoding: .utf8)
        #expect(summary.contains("MPICH 4"), "\(summary)")
        let old = try CommandRunner.lockstep(ranks: 2, ["train", file, "--run-dir", directory.path("old")])
        #expect(old.status == 0, "\(old.tail)")
        #expect(
            try RunResults(directory.path("new")).difference(from: RunResults(directory.path("old"))) == nil)
    }

    @Test func signalsStatusesAndRestarts() throws {
        let patient = try script(
            """
            trap 'echo "asked to stop"; exit 0' USR1
            touch "$0.ready.$PMI_RANK"
            until [ -e "$0.ready.0" ] && [ -e "$0.ready.1" ]; do sleep 0.05; done
            [ "$PMI_RANK" = 0 ] && kill -TERM "$1"
            for i in $(seq 100); do sleep 0.1; done
            exit 9
            """)
        let asked = try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 2 \(patient) $$"],
            environment: ["LOCKSTEP_MPIRUN": "mpirun.mpich", "LOCKSTEP_BINARY": CommandRunner.command],
            timeout: 60)
        #expect(asked.status == 0 && asked.output.contains("asked to stop"), "\(asked.tail)")

        let failing = try script("echo \"rank $PMI_RANK\"; exit $((75 * (1 - LOCKSTEP_RESTART)))\n")
        let restarted = try launch(["-n", "2", "--max-restarts", "1", failing])
        #expect(restarted.status == 0 && restarted.output.contains("restart 1 of 1"), "\(restarted.tail)")
    }

    @Test func whatOnlyOpenMPICanDoIsRefused() throws {
        for options in [["-H", "one,two"], ["--tag"], ["--log-dir", "logs"], ["--interface", "lo"]] {
            let result = try launch(["-n", "2"] + options + ["/bin/true"])
            #expect(result.status == 2 && result.output.contains("is MPICH's"), "\(result.output)")
        }
    }
}
