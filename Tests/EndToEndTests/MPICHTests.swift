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
    private let command =
        CommandRunner.repository.appendingPathComponent(".build-mpich/release/lockstep").path
    private let mpi: OtherMPI

    init() throws {
        mpi = try OtherMPI(
            ["LOCKSTEP_MPIRUN": "mpirun.mpich", "LOCKSTEP_BINARY": command], rank: "PMI_RANK")
    }

    /// A build of minutes, kept for the next time.
    private func build() throws {
        let built = try CommandRunner.run(
            "/usr/bin/env",
            [
                "swift", "build", "-c", "release", "--package-path", CommandRunner.repository.path,
                "--scratch-path", CommandRunner.repository.appendingPathComponent(".build-mpich").path,
                "--product", "lockstep",
            ], environment: ["LOCKSTEP_MPI": "mpich"], timeout: 3000)
        #expect(built.status == 0, "\(built.tail)")
    }

    @Test func sameBitsAsUnderOpenMPI() throws {
        try build()
        let version = try CommandRunner.run(command, ["--version"])
        #expect(version.output.contains("MPICH 4"), "\(version.output)")

        let run = try mpi.train([(3, ["--stop-after-step", "15"]), (2, ["--resume"])], ranks: 2)
        #expect(run.difference == nil)
        #expect(run.summary.contains("MPICH 4"), "\(run.summary)")
    }

    @Test func signalsStatusesAndRestarts() throws {
        let asked = try mpi.terminated(binary: CommandRunner.command)
        #expect(asked.status == 0 && asked.output.contains("asked to stop"), "\(asked.tail)")

        let failing = try mpi.script("echo \"rank $PMI_RANK\"; exit $((75 * (1 - LOCKSTEP_RESTART)))\n")
        let restarted = try mpi.launch(["-n", "2", "--max-restarts", "1", failing])
        #expect(restarted.status == 0 && restarted.output.contains("restart 1 of 1"), "\(restarted.tail)")
    }

    /// As under Open MPI: 128 + the signal, without Hydra's report; a file for each rank.
    /// Hydra 4.0 may lose its report of ranks that end while it still starts them: these end later.
    @Test func aRankThatIsKilledAndLogs() throws {
        let killed = try mpi.launch(["-n", "2", try mpi.script("sleep 1; kill -KILL $$\n")])
        #expect(killed.status == 137 && !killed.output.contains("BAD TERMINATION"), "\(killed.output)")
        let logged = try mpi.launch([
            "-n", "2", "--log-dir", "logs", try mpi.script("echo \"rank $PMI_RANK\"\n"),
        ])
        #expect(logged.status == 0, "\(logged.output)")
        for rank in 0..<2 {
            let log = try String(
                contentsOfFile: mpi.directory.path("logs/rank-0000\(rank).log"), encoding: .utf8)
            #expect(log == "rank \(rank)\n", "\(log)")
        }
    }

    /// Hydra may report the rank that it has killed itself; it then names the signal that ended the other one.
    @Test func oneRankEndsByASignalWhileAnotherSleeps() throws {
        let crashed = try mpi.launch([
            "-n", "2",
            try mpi.script("sleep 1; if [ \"$PMI_RANK\" = 1 ]; then kill -SEGV $$; else exec sleep 30; fi\n"),
        ])
        #expect(crashed.status == 139, "\(crashed.output)")
        #expect(!crashed.output.contains("BAD TERMINATION"), "\(crashed.output)")
    }

    /// A mistake of the user, not SIGINT, whose number is 2.
    @Test func aRankEndsWithStatus2() throws {
        let program = try mpi.script("[ \"$PMI_RANK\" = 0 ] || exit 2\n")
        let ended = try mpi.launch(["-n", "2", "--max-restarts", "1", program])
        #expect(ended.status == 2 && !ended.output.contains("restart 1"), "\(ended.output)")
    }

    /// Its messages are shown when no rank begins, and stored in mpirun.log.
    @Test func aMistakeInItsArguments() throws {
        let result = try mpi.launch(["-n", "2", "--mpi-args", "-no-such-option", "/bin/true"])
        #expect(result.status == 2 && result.output.contains("no-such-option"), "\(result.output)")
        #expect(result.output.contains("before any rank could begin"), "\(result.output)")
        let logged = try mpi.launch([
            "-n", "2", "--log-dir", "logs", "--mpi-args", "-no-such-option", "/bin/true",
        ])
        let log = try String(contentsOfFile: mpi.directory.path("logs/mpirun.log"), encoding: .utf8)
        #expect(logged.status == 2 && log.contains("unrecognized argument no-such-option"), "\(log)")
    }

    // MARK: Several hosts

    /// Trains on hosts of a test bed under MPICH.
    private func train(
        on bed: Testbed, _ hosts: String, ranks: Int, run: String, _ options: [String] = [],
        _ more: [String] = []
    ) throws -> CommandResult {
        let file = try mpi.directory.write("run.yaml", UndisturbedRun.file(checkpointEvery: 15))
        return try bed.launch(
            ["-n", String(ranks), "-H", hosts, "--timeout", "5"] + options
                + ["train", file, "--run-dir", run] + more,
            environment: mpi.environment.merging(["LOCKSTEP_LINGER": "2", "LOCKSTEP_CONNECT_TIMEOUT": "3"]) {
                $1
            },
            timeout: 150)
    }

    @Test(.enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
    func sameBitsOnHosts() throws {
        try build()
        let bed = try Testbed("--hosts", "3", "--slots", "2")
        for (ranks, hosts) in [(2, "h1:1,h2:1"), (4, "h1:2,h2:2"), (3, "h1:1,h2:1,h3:1"), (4, "h2:2,h3:2")] {
            let run = mpi.directory.path(hosts)
            let result = try train(on: bed, hosts, ranks: ranks, run: run)
            let count = hosts.split(separator: ",").count
            #expect(
                result.status == 0 && result.output.contains("\(ranks) on \(count) hosts"), "\(result.tail)")
            #expect(try UndisturbedRun.difference(from: run) == nil, "\(hosts)")
        }
        // The network has one name for all hosts, and all must have it.
        let run = mpi.directory.path("network")
        let network = try train(on: bed, "h1:2,h2:2", ranks: 4, run: run, ["--interface", "eth0"])
        #expect(network.status == 0, "\(network.tail)")
        let refused = try train(on: bed, "h1:2,h2:2", ranks: 4, run: run, ["--interface", "eth9"])
        #expect(
            refused.status == 2 && refused.output.contains("host h2 has no network interface eth9"),
            "\(refused.output)")
    }

    @Test(.enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
    func faultsOnHosts() throws {
        try build()
        let bed = try Testbed("--hosts", "3", "--slots", "2")
        let run = mpi.directory.path("killed")
        let killer = FaultInjector(run: run, step: 40) { kill($0[3], SIGKILL) }
        let killed = try train(on: bed, "h1:2,h2:2", ranks: 4, run: run, ["--max-restarts", "2"])
        #expect(try killer.finish()?.ranks.count == 4 && killed.status == 0, "\(killed.tail)")
        #expect(killed.output.contains("launch: the ranks ended with status 137"), "\(killed.output)")
        #expect(
            killed.output.contains("launch: restart 1 of 2, from the newest checkpoint"), "\(killed.output)")
        #expect(killed.output.contains("rank 3 on h2"), "\(killed.output)")
        #expect(!killed.output.contains("HYD"), "\(killed.output)")
        #expect(try UndisturbedRun.difference(from: run) == nil)

        let cut = mpi.directory.path("cut")
        let cutter = FaultInjector(run: cut, step: 40) { _ in _ = try bed.run(["cut", "h2"]) }
        let lost = try train(
            on: bed, "h1:2,h2:2", ranks: 4, run: cut, ["--max-restarts", "2", "--min-ranks", "2"])
        #expect(try cutter.finish() != nil && lost.status == 0, "\(lost.tail)")
        #expect(lost.output.contains("with 2 rank(s) on h1:2"), "\(lost.output)")
        #expect(try UndisturbedRun.difference(from: cut) == nil)
        _ = try bed.run(["mend", "h2"])

        // Asked to stop; continues on another number of hosts.
        let stopped = mpi.directory.path("stopped")
        let stopper = RankKiller(run: stopped, step: 40, signal: SIGTERM, program: "/scripts/launch")
        let asked = try train(on: bed, "h1:2,h2:2", ranks: 4, run: stopped)
        #expect(stopper.finish() && asked.status == 0, "\(asked.tail)")
        #expect(try ExampleRun.summary("steps", stopped) ?? 0 < 100)
        let resumed = try train(on: bed, "h1:1,h2:1,h3:1", ranks: 3, run: stopped, [], ["--resume"])
        #expect(resumed.status == 0 && resumed.output.contains("3 on 3 hosts"), "\(resumed.tail)")
        #expect(try UndisturbedRun.difference(from: stopped) == nil)
    }
}
