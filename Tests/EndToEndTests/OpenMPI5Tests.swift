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
    private let mpi: OtherMPI

    init() throws { mpi = try OtherMPI(OpenMPI5.environment, rank: "OMPI_COMM_WORLD_RANK") }

    @Test func sameBitsAsUnderVersionFour() throws {
        let run = try mpi.train([(2, [])], ranks: 3)
        #expect(run.difference == nil)
        #expect(run.summary.contains("Open MPI v5."), "\(run.summary)")
    }

    @Test func hostsRestartsAndLogs() throws {
        let hosts = try FakeHosts(mpi.directory)
        let program = try mpi.script(
            "echo \"rank $OMPI_COMM_WORLD_RANK <$MARK>\"; exit $((75 * (1 - LOCKSTEP_RESTART)))\n")
        let result = try mpi.launch(
            [
                "-n", "2", "-H", "one,two", "--max-restarts", "1", "--env", "MARK=a b", "--log-dir", "logs",
                program,
            ],
            environment: ["OMPI_MCA_plm_rsh_agent": hosts.agent])
        #expect(result.status == 0, "\(result.output)")
        for rank in 0..<2 {
            let log = try String(
                contentsOfFile: mpi.directory.path("logs/rank-0000\(rank).log"), encoding: .utf8)
            #expect(log.components(separatedBy: "rank \(rank) <a b>\n").count == 3, "\(log)")
        }
        #expect(hosts.calls.contains("prted"), "\(hosts.calls)")
    }

    @Test func signalsArePassedOn() throws {
        let result = try mpi.terminated()
        #expect(result.status == 0 && result.output.contains("asked to stop"), "\(result.tail)")
    }

    @Test func hostNamesStayWhole() throws {
        let hosts = try FakeHosts(mpi.directory)
        let result = try mpi.launch(
            [
                "-n", "2", "-H", "one.a.example,one.b.example",
                try mpi.script("echo \"rank $OMPI_COMM_WORLD_RANK runs\"\n"),
            ],
            environment: ["OMPI_MCA_plm_rsh_agent": hosts.agent])
        #expect(result.status == 0 && result.output.contains("rank 1 runs"), "\(result.output)")
        for name in ["one.a.example", "one.b.example"] {
            #expect(hosts.calls.contains(try Regex("(?m)^.*\(name) .*prted")), "\(hosts.calls)")
        }
    }

    /// Its words are shown when it fails, and not when a rank does.
    @Test func saysWhyNoRankBegins() throws {
        let option = try mpi.launch([
            "-n", "2", "--max-restarts", "2", "--mpi-args", "--no-such-option", try mpi.script(""),
        ])
        #expect(option.status == 2 && option.output.contains("no-such-option"), "\(option.output)")
        #expect(option.output.contains("before any rank could begin"), "\(option.output)")
        let rank = try mpi.launch(["-n", "2", try mpi.script("exit 5\n")])
        #expect(rank.status == 5 && !rank.output.contains("prterun"), "\(rank.output)")
    }
}
