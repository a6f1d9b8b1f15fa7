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

    @Test func whatOnlyOpenMPICanDoIsRefused() throws {
        for options in [["-H", "one,two"], ["--tag"], ["--log-dir", "logs"], ["--interface", "lo"]] {
            let result = try mpi.launch(["-n", "2"] + options + ["/bin/true"])
            #expect(result.status == 2 && result.output.contains("is MPICH's"), "\(result.output)")
        }
    }
}
