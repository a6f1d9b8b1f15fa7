import Foundation
import TestSupport
import Testing

/// What scripts/launch does when mpirun itself fails: its words are shown, the status says whose fault it is, and what cannot start is not
/// started again.
@Suite(.serialized) struct LauncherFailureTests {
    private let directory: TemporaryDirectory
    private let program: String

    init() throws {
        directory = try TemporaryDirectory()
        program = try directory.write("program", "#!/bin/bash\necho \"rank $OMPI_COMM_WORLD_RANK runs\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    }

    private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, ["--max-restarts", "3"] + arguments,
            environment: ["LOCKSTEP_BINARY": CommandRunner.command].merging(environment) { $1 },
            directory: directory.url, timeout: 60)
    }

    private func starts(_ result: CommandResult) -> Int {
        result.output.components(separatedBy: "launch: mpirun -np").count - 1
    }

    /// Each before a rank runs.
    @Test(
        arguments: [
            (["--mpi-args", "--no-such-option"], [:], "no-such-option"),
            (["--mpi-args", "-H localhost:1"], [:], "not enough slots available"),
            ([], ["OMPI_MCA_plm": "nonsense"], "Component: nonsense"),
            ([], ["OMPI_MCA_rmaps_base_mapping_policy": "nonsense"], "nonsense"),
        ] as [([String], [String: String], String)])
    func mpirunsWordsAreShown(_ options: [String], _ environment: [String: String], _ words: String) throws {
        let result = try launch(["-n", "2"] + options + [program], environment: environment)
        #expect(result.status == 2 && !result.output.contains("runs"), "\(result.output)")
        #expect(result.output.contains(words), "\(result.output)")
        #expect(result.output.contains("before any rank could begin; see its message above."))
        #expect(starts(result) == 1, "\(result.output)")
    }

    /// Ranks whose MPI cannot start have not begun.
    @Test func anMPIThatCannotStart() throws {
        let file = try directory.write(
            "run.yaml", RunFiles.text(model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 4))
        let result = try launch(
            ["-n", "2", "train", file, "--run-dir", directory.path("run")],
            environment: ["OMPI_MCA_btl": "nonsense"])
        #expect(result.status == 2 && starts(result) == 1, "\(result.output)")
        // Which of the ranks' messages arrive is a race within Open MPI 4.1: the block about the component, the one about
        // MPI_INIT, the line of MPI_Init_thread, or none, if it fails to put them together. Then that is said.
        let words = ["component was not found", "MPI_INIT failed", "in MPI_Init_thread"].contains {
            result.output.contains($0)
        }
        #expect(words != result.output.contains("its message got lost within Open MPI"), "\(result.output)")
        #expect(
            result.output.contains("see its message above")
                != result.output.contains("its message got lost within Open MPI"), "\(result.output)")
    }

    /// mpirun needs about 28 open files, and 4 for each rank of this host.
    @Test func tooFewOpenFiles() throws {
        let result = try CommandRunner.run(
            "/bin/bash",
            ["-c", "ulimit -n 12; exec \"$0\" \"$@\"", CommandRunner.launcher, "-n", "2", program],
            directory: directory.url, timeout: 60)
        #expect(result.status == 75 && result.output.contains("Too many open files"), "\(result.output)")
        #expect(
            result.output.contains("before any rank could begin; see its message above"),
            "\(result.output)")
    }

    /// Open MPI cannot put its own messages together.
    @Test func aMessageThatGotLost() throws {
        let line =
            "[n1:07] [[31558,0],0] ORTE_ERROR_LOG: Out of resource in file ../orte/util/show_help.c at line 501"
        let path = try directory.pathWith(["mpirun": version + "echo '\(line)' >&2; exit 1\n"])
        let result = try launch(["-n", "2", program], environment: ["PATH": path])
        #expect(result.status == 2 && starts(result) == 1, "\(result.output)")
        #expect(
            result.output.contains(line) && result.output.contains("start it again to see it."),
            "\(result.output)")
    }

    private let version = "if [ \"$1\" = --version ]; then echo 'mpirun (Open MPI) 4.1.4'; exit; fi\n"
    private let dashes = String(repeating: "-", count: 74)

    private func block(_ text: String) -> String { "printf '%s\\n' '\(dashes)' '\(text)' '\(dashes)' >&2\n" }

    /// A system that fails is no mistake; but a start in vain is not repeated either.
    @Test(arguments: [
        ("No space left on device", "exit 1", 75), ("A requested component was not found", "exit 1", 2),
        ("mpirun was unable to launch the specified application", "kill -ILL $$", 2),
        ("", "kill -SEGV $$", 75),
    ]) func theStatusSaysWhoseFaultItIs(_ text: String, _ end: String, _ status: Int32) throws {
        let path = try directory.pathWith(["mpirun": version + (text.isEmpty ? "" : block(text)) + end + "\n"]
        )
        let result = try launch(["-n", "2", program], environment: ["PATH": path])
        #expect(result.status == status && starts(result) == 1, "\(result.output)")
        #expect(result.output.contains("before any rank could begin"), "\(result.output)")
        #expect(text.isEmpty || result.output.contains(text), "\(result.output)")
    }

    @Test(
        arguments: [
            (
                "echo 'error while loading shared libraries: libopen-rte.so.40' >&2; exit 127",
                "cannot be run (status 127): error while loading", 2
            ),
            ("kill -SEGV $$", "crashes: mpirun --version ends with status 139 (signal SEGV)", 75),
        ] as [(String, String, Int32)]) func anMPIRunThatCannotBeRun(
            _ body: String, _ message: String, _ status: Int32
        ) throws
    {
        let result = try launch(
            ["-n", "2", program], environment: ["PATH": try directory.pathWith(["mpirun": body + "\n"])])
        #expect(result.status == status && result.output.contains(message), "\(result.output)")
    }

    @Test func noMPIRun() throws {
        var programs: [String: String] = [:]
        for name in [
            "bash", "dirname", "env", "nproc", "sed", "id", "hostname", "readlink", "cat", "mktemp", "rm",
        ] {
            programs[name] = "exec /usr/bin/\(name) \"$@\"\n"
        }
        let path = try directory.pathWith(programs).split(separator: ":")[0]
        let result = try launch(["-n", "2", program], environment: ["PATH": String(path)])
        #expect(
            result.status == 2 && result.output.contains("there is no mpirun in PATH"), "\(result.output)")
    }

    @Test func aFolderForTemporaryFilesThatCannotBeWritten() throws {
        let result = try launch(
            ["-n", "2", program], environment: ["TMPDIR": "/proc", "XDG_RUNTIME_DIR": ""])
        #expect(
            result.status == 2 && result.output.contains("no temporary folder can be made in /proc"),
            "\(result.output)")
    }

    /// nproc obeys it, and mpirun counts cores.
    @Test func slotsAreProcessorsOfThisProcess() throws {
        let all = try launch(["-n", "2", "--dry-run", program])
        let more = try launch(["-n", "2", "--dry-run", program], environment: ["OMP_NUM_THREADS": "64"])
        #expect(all.output == more.output && all.output.contains("-H localhost:"), "\(more.output)")
        let one = try CommandRunner.run(
            "/usr/bin/taskset", ["-c", "0", CommandRunner.launcher, "-n", "2", program],
            directory: directory.url, timeout: 60)
        #expect(one.status == 0 && one.output.contains("-H localhost:1 --oversubscribe"), "\(one.output)")
    }

    @Test(arguments: ProcessorQuota.cases) func quotasCount(_ quota: ProcessorQuota) throws {
        for (name, text) in quota.allFiles {
            let path = directory.path("root/" + name)
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: false, encoding: .utf8)
        }
        let script =
            ". '\(CommandRunner.repository.path)/scripts/lib/common.sh'; cores '\(directory.path("root"))'; cores /nowhere"
        let result = try CommandRunner.run("/bin/bash", ["-c", script], timeout: 20)
        let counts = result.output.split(separator: "\n").compactMap { Int($0) }
        #expect(counts.count == 2 && counts[0] == quota.processors ?? counts[1], "\(result.output)")
    }

    /// Its variables were inherited, or it is another machine's.
    @Test func aSlurmJobThatIsNotThere() throws {
        let job = [
            "SLURM_JOB_ID": "7", "SLURM_NODELIST": "n1", "SLURM_JOB_NODELIST": "n1",
            "SLURM_TASKS_PER_NODE": "1",
        ]
        let alone = try launch(["-n", "2", program], environment: job)
        #expect(alone.status == 0 && alone.output.contains("rank 1 runs"), "\(alone.output)")
        #expect(
            alone.output.contains(
                "warning: SLURM_JOB_ID is 7, but there is no srun in PATH: this machine alone is used"))
        let many = try launch(
            ["-n", "2", program], environment: job.merging(["SLURM_JOB_NUM_NODES": "2"]) { $1 })
        #expect(many.status == 2 && many.output.contains("its 2 hosts cannot be used"), "\(many.output)")
        let over = try launch(
            ["-n", "2", program],
            environment: job.merging([
                "PATH": try directory.pathWith([
                    "srun": "",
                    "squeue": "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1\n",
                ])
            ]) { $1 })
        #expect(over.status == 0 && over.output.contains("Slurm has no such job any more"), "\(over.output)")
    }
}
