import Foundation
import Testing

/// The launcher and the command under Open MPI 5, which has another mpirun (prterun) and the same library's name.
@Suite(
    .serialized,
    .enabled(
        if: OpenMPI5.isTested,
        "scripts/test --all, and an Open MPI 5: scripts/setup --with-openmpi5, or LOCKSTEP_OPENMPI5 names its folder"
    ))
struct OpenMPI5Tests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, arguments, environment: OpenMPI5.environment.merging(environment) { $1 },
            directory: directory.url, timeout: 120)
    }

    private func script(_ body: String) throws -> String {
        let path = try directory.write("program", "#!/bin/bash\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test func sameBitsAsUnderVersionFour() throws {
        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 40))
        let new = try launch(["-n", "2", "train", file, "--run-dir", directory.path("new")])
        #expect(new.status == 0, "\(new.tail)")
        let summary = try String(contentsOfFile: directory.path("new/summary.json"), encoding: .utf8)
        #expect(summary.contains("Open MPI v5."), "\(summary)")
        let old = try CommandRunner.lockstep(ranks: 3, ["train", file, "--run-dir", directory.path("old")])
        #expect(old.status == 0, "\(old.tail)")
        #expect(
            try RunResults(directory.path("new")).difference(from: RunResults(directory.path("old"))) == nil)
    }

    @Test func hostsRestartsAndLogs() throws {
        let hosts = try FakeHosts(directory)
        let program = try script(
            "echo \"rank $OMPI_COMM_WORLD_RANK <$MARK>\"; exit $((75 * (1 - LOCKSTEP_RESTART)))\n")
        let result = try launch(
            [
                "-n", "2", "-H", "one,two", "--max-restarts", "1", "--env", "MARK=a b", "--log-dir", "logs",
                program,
            ],
            environment: ["OMPI_MCA_plm_rsh_agent": hosts.agent])
        #expect(result.status == 0, "\(result.output)")
        for rank in 0..<2 {
            let log = try String(contentsOfFile: directory.path("logs/rank-0000\(rank).log"), encoding: .utf8)
            #expect(log.components(separatedBy: "rank \(rank) <a b>\n").count == 3, "\(log)")
        }
        #expect(hosts.calls.contains("prted"), "\(hosts.calls)")
    }

    @Test func signalsArePassedOn() throws {
        let program = try script(
            """
            trap 'echo "asked to stop"; exit 0' USR1
            touch "$0.ready.$OMPI_COMM_WORLD_RANK"
            until [ -e "$0.ready.0" ] && [ -e "$0.ready.1" ]; do sleep 0.05; done
            [ "$OMPI_COMM_WORLD_RANK" = 0 ] && kill -TERM "$1"
            for i in $(seq 100); do sleep 0.1; done
            exit 9
            """)
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 2 \(program) $$"],
            environment: OpenMPI5.environment,
            timeout: 60)
        #expect(result.status == 0 && result.output.contains("asked to stop"), "\(result.tail)")
    }

    @Test func hostNamesStayWhole() throws {
        let hosts = try FakeHosts(directory)
        let result = try launch(
            [
                "-n", "2", "-H", "one.a.example,one.b.example",
                try script("echo \"rank $OMPI_COMM_WORLD_RANK runs\"\n"),
            ],
            environment: ["OMPI_MCA_plm_rsh_agent": hosts.agent])
        #expect(result.status == 0 && result.output.contains("rank 1 runs"), "\(result.output)")
        for name in ["one.a.example", "one.b.example"] {
            #expect(hosts.calls.contains(try Regex("(?m)^.*\(name) .*prted")), "\(hosts.calls)")
        }
    }

    /// Its words are shown when it fails, and not when a rank does.
    @Test func saysWhyNoRankBegins() throws {
        let option = try launch([
            "-n", "2", "--max-restarts", "2", "--mpi-args", "--no-such-option", try script(""),
        ])
        #expect(option.status == 2 && option.output.contains("no-such-option"), "\(option.output)")
        #expect(option.output.contains("before any rank could begin"), "\(option.output)")
        let rank = try launch(["-n", "2", try script("exit 5\n")])
        #expect(rank.status == 5 && !rank.output.contains("prterun"), "\(rank.output)")
    }
}
