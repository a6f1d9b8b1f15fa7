import Foundation
import TestSupport
import Testing

/// The properties of collectives, run under mpirun.
@Suite(.serialized) struct CollectiveRankTests {
    private func run(_ arguments: [String], ranks: Int, timeout: Int = 120) throws {
        let result = try MPIRun.rankTest(arguments, ranks: ranks, timeout: timeout)
        #expect(result.status == 0, "\(arguments) on \(ranks) ranks: \(result.output.suffix(600))")
    }

    @Test(arguments: [1, 2, 3, 4, 8]) func treeAllreduce(ranks: Int) throws {
        try run(["tree-allreduce", "allowed"], ranks: ranks)
    }

    @Test(arguments: [2, 3, 4, 5]) func treeAllreduceByMessages(ranks: Int) throws {
        try run(["tree-allreduce", "refused"], ranks: ranks)
    }

    @Test(arguments: [(2, 2), (4, 2), (5, 2), (7, 3)]) func treeAllreduceBetweenHosts(
        ranks: Int, hosts: Int
    ) throws {
        try run(["tree-allreduce", "allowed", String(hosts)], ranks: ranks)
    }

    /// Hosts that exchange by halving (1, 2, 4), directly (3), in several lanes (4 on 2), with unequal ranks (5 on 3).
    @Test(arguments: [(2, 2), (4, 2), (4, 4), (3, 3), (5, 3)]) func bucketsDuringBackward(
        ranks: Int, hosts: Int
    ) throws {
        for algorithm in ["auto", "tree"] {
            try run(["overlap", "float32", algorithm, String(hosts)], ranks: ranks)
        }
    }

    @Test(arguments: ["bf16", "top-k", "top-k-momentum"], [(2, 2), (3, 3), (4, 2), (4, 4), (5, 2)])
    func compressed(
        format: String, shape: (ranks: Int, hosts: Int)
    ) throws {
        try run(["overlap", format, "auto", String(shape.hosts)], ranks: shape.ranks)
    }

    /// Halving (2, 4), directly (3), several lanes, records in rounds (34 hosts).
    @Test(arguments: [(2, 2), (4, 4), (3, 3), (4, 2), (6, 3)]) func sendsWhatTheScheduleSays(
        ranks: Int, hosts: Int
    ) throws {
        try run(["traffic", String(hosts), String(300 * 4096), "48"], ranks: ranks)
        try run(["traffic", String(hosts), String(70 * 4096), "9008"], ranks: ranks)
    }

    @Test(.enabled(if: MPIRun.runsAll, "starts 34 and 132 ranks: scripts/test --all"))
    func sendsWhatTheScheduleSaysOnManyRanks() throws {
        try run(["traffic", "34", String(70 * 4096), "48", "brief"], ranks: 34, timeout: 400)
        // So many lanes that they take turns.
        try run(["traffic", "4", String(300 * 4096), "48", "brief"], ranks: 132, timeout: 800)
    }

    /// Halving and directly (2, 4), only directly (3), one or two lanes (4 on 2).
    @Test(arguments: [(2, 2), (4, 4), (3, 3), (4, 2)]) func everyChoiceHasTheSameBits(ranks: Int, hosts: Int)
        throws
    {
        try run(["choices", String(hosts), String(70 * 4096)], ranks: ranks, timeout: 300)
    }

    @Test(arguments: [(2, 2), (3, 3), (4, 2), (5, 3)]) func choicesAreMeasured(ranks: Int, hosts: Int) throws
    {
        try run(["tuned", String(hosts), String(70 * 4096)], ranks: ranks)
    }

    @Test func sumsOfMPI() throws { try run(["overlap", "float32", "mpi", "2"], ranks: 4) }

    @Test(arguments: [1, 2, 4]) func numbering(ranks: Int) throws {
        try run(["numbering", String(ranks)], ranks: ranks)
    }

    @Test func numberingOnSeveralHosts() throws { try run(["numbering", "5", "2"], ranks: 5) }

    @Test(arguments: [1, 2, 3]) func gatherAndBroadcast(ranks: Int) throws {
        try run(["gather"], ranks: ranks)
    }

    @Test(arguments: [2, 4]) func barrier(ranks: Int) throws { try run(["barrier"], ranks: ranks) }

    @Test(.timeLimit(.minutes(1))) func moreRanksThanCores() throws { try run(["barrier"], ranks: 8) }

    @Test(.enabled(if: SmallSharedMemory.isPossible, "needs the right to mount"))
    func segmentsThatDoNotFit() throws {
        let result = try MPIRun.rankTest(
            ["no-room", String(64 << 20)], ranks: 3, wrapper: SmallSharedMemory.wrapper(mebibytes: 32))
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: MPIRun.runsAll, "takes 9 GiB of memory: scripts/test --all"))
    func messagesAboveTwoGibibytes() throws { try run(["large"], ranks: 2, timeout: 400) }

    @Test func anAbortEndsRanksThatWait() throws {
        let result = try MPIRun.rankTest(["abort", "7"], ranks: 3, timeout: 30)
        #expect(result.status == 7)
        #expect(!result.output.contains("left a barrier"))
    }

    @Test func aKilledRankEndsRanksThatWaitAndLeavesNothing() throws {
        let before = (segments: try segmentNames(), folders: try heartbeatFolders())
        let result = try MPIRun.rankTest(["killed"], ranks: 3, timeout: 30)
        #expect(result.status == 128 + 9, "\(result.output)")
        #expect(!result.output.contains("left a barrier"))
        #expect(try segmentNames().subtracting(before.segments).isEmpty)
        // Of a job whose ranks have all been killed, by mpirun the last ones, no process is left that could remove the
        // folder of heartbeats: there may be one, which the next start removes.
        #expect(try heartbeatFolders().subtracting(before.folders).count <= 1)
        try run(["barrier"], ranks: 2)
        #expect(try heartbeatFolders().isEmpty)
    }

    private func segmentNames() throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter {
                $0.hasPrefix("lockstep-") && !$0.hasPrefix("lockstep-loop-")
            })
    }

    /// The folders of heartbeats of this user's programs that have ended.
    private func heartbeatFolders() throws -> Set<String> {
        let prefix = "lockstep-loop-\(getuid())-"
        return Set(
            try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { name in
                guard name.hasPrefix(prefix),
                    let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" })
                else { return false }
                return kill(process, 0) != 0
            })
    }

    @Test func srunWithoutMPISupport() throws {
        let result = try MPIRun.rankTest(
            ["numbering", "1"], ranks: 1,
            environment: ["SLURM_PROCID": "0", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"])
        #expect(result.status != 0)
        #expect(result.output.contains("SLURM_STEP_NUM_TASKS says that there are 4 ranks"))
        #expect(result.output.contains("srun --mpi=pmix"))
    }

    @Test func moreRanksInTheEnvironmentThanInMPI() throws {
        let result = try MPIRun.rankTest(["numbering", "1"], ranks: 1, environment: ["PMI_SIZE": "4"])
        #expect(result.status != 0)
        #expect(result.output.contains("PMI_SIZE says that there are 4 ranks, but MPI sees one"))
    }
}
