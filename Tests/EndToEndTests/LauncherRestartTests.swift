import Foundation
import Testing

/// What scripts/launch does when ranks end badly: restarts, on which hosts, with how many ranks; and when it
/// does not.
@Suite(.serialized) struct LauncherRestartTests {
    private let directory: TemporaryDirectory
    private let hosts: FakeHosts

    init() throws {
        directory = try TemporaryDirectory()
        hosts = try FakeHosts(directory)
    }

    private func script(_ body: String) throws -> String {
        let path = try directory.write("program", "#!/bin/bash\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private func launch(_ arguments: [String], environment: [String: String] = [:], timeout: Double = 90)
        throws -> CommandResult
    {
        try CommandRunner.run(
            CommandRunner.launcher, arguments, environment: hosts.environment.merging(environment) { $1 },
            directory: directory.url, timeout: timeout)
    }

    /// How often mpirun was started.
    private func starts(_ result: CommandResult) -> Int {
        result.output.components(separatedBy: "launch: mpirun ").count - 1
    }

    @Test(arguments: [75, 137]) func startsAgainAfterAFault(_ status: Int) throws {
        let program = try script(
            """
            echo "rank $OMPI_COMM_WORLD_RANK start $LOCKSTEP_RESTART: $*"
            [ $LOCKSTEP_RESTART = 2 ] || [ $OMPI_COMM_WORLD_RANK = 0 ] || exit \(status)

            """)
        let result = try launch(["-n", "2", "--max-restarts", "3", program, "--run-dir", "there"])
        #expect(result.status == 0 && starts(result) == 3, "\(result.output)")
        #expect(result.output.contains("rank 1 start 0: --run-dir there\n"), "\(result.output)")
        #expect(result.output.contains("rank 1 start 2: --run-dir there --resume\n"), "\(result.output)")
        #expect(result.output.contains("restart 2 of 3, from the newest checkpoint in there, with 2 rank(s)"))
    }

    @Test func givesUpWithTheStatusOfTheRanks() throws {
        let result = try launch(["-n", "1", "--max-restarts", "1", try script("exit 75\n")])
        #expect(result.status == 75 && starts(result) == 2, "\(result.output)")
        #expect(result.output.contains("giving up after 1 restart(s)"))
        #expect(starts(try launch(["-n", "1", try script("exit 75\n")])) == 1)
    }

    @Test(arguments: [0, 2, 64]) func doesNotRepeatMistakes(_ status: Int) throws {
        let result = try launch(["-n", "2", "--max-restarts", "3", try script("exit \(status)\n")])
        #expect(result.status == Int32(status) && starts(result) == 1, "\(result.output)")
    }

    @Test func doesNotStartAgainWhatWasAskedToStop() throws {
        let program = try script(
            """
            trap 'exit 75' USR1
            touch "$0.ready"
            [ "$OMPI_COMM_WORLD_RANK" = 0 ] && kill -TERM "$1"
            for i in $(seq 300); do sleep 0.1; done
            """)
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 1 --max-restarts 3 \(program) $$"],
            timeout: 60)
        #expect(result.status == 75 && starts(result) == 1, "\(result.output)")
    }

    @Test func goesOnOnTheHostsThatAreLeft() throws {
        let lost = "ssh: connect to host two port 22: No route to host"
        let program = try script(
            """
            echo "start $LOCKSTEP_RESTART: rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"
            if [ "$LOCKSTEP_RESTART" = 0 ] && [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then echo "\(lost)" > "\(hosts.agent).reply.two"; exit 75; fi
            """)
        let options = ["-n", "3", "-H", "one:2,two:1", "--max-restarts", "1"]
        let result = try launch(options + ["--min-ranks", "2", program])
        #expect(result.status == 0, "\(result.output)")
        #expect(
            result.output.contains(
                "host two cannot be reached by ssh: connect to host two port 22: No route to host"))
        #expect(
            result.output.contains("with 2 rank(s) on one:2")
                && result.output.contains("start 1: rank 1 of 2"), "\(result.output)")
        try FileManager.default.removeItem(atPath: hosts.agent + ".reply.two")
        let all = try launch(options + [program])
        #expect(
            all.status == 75
                && all.output.contains(
                    "restart 1 of 1 needs 3 rank(s), and the hosts that are left have room for 2"),
            "\(all.output)")
    }

    @Test func oneLogForEachRank() throws {
        let program = try script(
            "echo \"out $OMPI_COMM_WORLD_RANK\"; echo \"err $OMPI_COMM_WORLD_RANK\" >&2; printf 'no end'; exit "
                + "$((75 * (1 - LOCKSTEP_RESTART)))\n"
        )
        let logs = directory.path("some logs")
        let result = try launch(["-n", "2", "--log-dir", logs, "--max-restarts", "1", program])
        #expect(result.status == 0, "\(result.output)")
        for rank in 0..<2 {
            let log = try String(contentsOfFile: "\(logs)/rank-0000\(rank).log", encoding: .utf8)
            let halves = log.components(separatedBy: "--- start 1, ")
            #expect(halves.count == 2, "\(log)")
            for half in halves {
                #expect(
                    half.contains("out \(rank)\n") && half.contains("err \(rank)\n")
                        && half.contains("no end\n"), "\(log)")
            }
            #expect(
                !log.contains("out \(1 - rank)") && result.output.contains("\nout \(rank)\n"),
                "\(result.output)")
        }
        let lines = try String(contentsOfFile: "\(logs)/mpirun.log", encoding: .utf8).split(separator: "\n")
        #expect(
            lines.count == 4 && lines[0].hasPrefix("--- start 0, ") && lines[1].hasPrefix("mpirun ")
                && lines[2].hasPrefix("--- start 1, ") && lines[3].hasPrefix("mpirun "), "\(lines)")
    }

    /// Puts programs first in the path: a name and a script for each.
    private func path(with programs: [String: String]) throws -> String { try directory.pathWith(programs) }

    /// The beginning of a script in the place of mpirun.
    private let mpirun = "if [ \"$1\" = --version ]; then echo 'mpirun (Open MPI) 4.1.4'; exit; fi\n"

    /// An mpirun that hangs after its only rank has gone, as one does that waits for a host whose network was
    /// cut.
    @Test func endsAnMPIRunThatOutlivesItsRanks() throws {
        let path = try path(with: [
            "mpirun": mpirun + "OMPI_COMM_WORLD_RANK=0 bash -c 'sleep 2.5; exit 0'\nsleep 300\n"
        ])
        let result = try launch(
            ["-n", "1", try script("")], environment: ["PATH": path, "LOCKSTEP_LINGER": "2"])
        #expect(!result.timedOut && result.status == 75, "\(result.output)")
        #expect(
            result.output.contains("all ranks are gone, and mpirun is still there: ending it"),
            "\(result.output)")
    }

    /// A program may have a run directory and no heartbeats: then none are expected.
    @Test func aProgramWithARunDirectoryNeedNotHaveHeartbeats() throws {
        let program = try script("echo \"told by <$LOCKSTEP_REPORT_HOST>\"; sleep 8\n")
        let result = try launch(
            ["-n", "1", "--timeout", "1", program, "--run-dir", "there"],
            environment: ["LOCKSTEP_START_TIMEOUT": "1", "LOCKSTEP_REPORT_HOST": "elsewhere"])
        #expect(result.status == 0 && !result.output.contains("ending it"), "\(result.output)")
        // Nor is it affected by another launch's ranks.
        #expect(result.output.contains("told by <>"), "\(result.output)")
    }

    /// What mpirun makes of a host that is lost is no status of lockstep's; of another program it may be.
    @Test func statusesOfMPIRunAreFaults() throws {
        let environment = ["PATH": try path(with: ["mpirun": mpirun + "exit 205\n"])]
        let lost = try launch(["-n", "1", "train", "x.yaml", "--run-dir", "there"], environment: environment)
        #expect(lost.status == 75, "\(lost.output)")
        #expect(lost.output.contains("mpirun itself ended with status 205"), "\(lost.output)")
        #expect(try launch(["-n", "1", try script("")], environment: environment).status == 205)
    }

    /// Launchers that start in the same second.
    @Test func noTwoRunsTakeTheSameDirectory() throws {
        let file = try directory.write("run.yaml", "")
        let path = try path(with: [
            "date": "echo 20260101-000000\n",
            // The run directory is the last word.
            "mpirun": mpirun + "[ -e unused ] || touch \"${@: -1}/train.log\"\n",
        ])
        for _ in 0..<2 {
            let result = try launch(["-n", "1", "train", file], environment: ["PATH": path])
            #expect(result.status == 0, "\(result.output)")
        }
        // A run that never begins leaves nothing.
        _ = try directory.write("unused", "")
        _ = try launch(["-n", "1", "train", file], environment: ["PATH": path])
        let runs = try FileManager.default.contentsOfDirectory(atPath: directory.path("runs"))
        #expect(runs.sorted() == ["run-20260101-000000", "run-20260101-000000-2"])
    }

    @Test func aKilledRunEndsInTheBitsOfAnUndisturbedOne() throws {
        let file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 300, checkpointEvery: 50))
        let whole = try launch(["-n", "2", "train", file, "--run-dir", directory.path("whole")])
        #expect(whole.status == 0, "\(whole.tail)")
        let cut = directory.path("cut")
        let killer = RankKiller(run: cut, step: 120)
        let result = try launch(["-n", "2", "--max-restarts", "2", "train", file, "--run-dir", cut])
        #expect(killer.finish() && result.status == 0, "\(result.tail)")
        #expect(
            starts(result) == 2 && result.output.contains("Resuming \(cut) after step 1"), "\(result.output)")
        #expect(try RunResults(cut).difference(from: RunResults(directory.path("whole"))) == nil)
    }

    @Test func namesTheRunDirectoryOfATrainingRun() throws {
        let file = try directory.write("some.run.yaml", "")
        let fresh = try launch(["-n", "2", "--dry-run", "train", file])
        #expect(
            fresh.output.range(
                of: "--run-dir runs/some.run-20[0-9]{6}-[0-9]{6}\n", options: .regularExpression) != nil,
            "\(fresh.output)")
        for name in [
            "some.run-20260101-000000", "some.run-20260301-000000", "some.run-20260201-000000-2",
            "some.run-x",
        ] {
            try FileManager.default.createDirectory(
                atPath: directory.path("runs/\(name)"), withIntermediateDirectories: true)
        }
        let newest = try launch(["-n", "2", "--dry-run", "train", file, "--resume"])
        #expect(
            newest.output.contains("--resume --run-dir runs/some.run-20260301-000000\n"), "\(newest.output)")
    }
}
