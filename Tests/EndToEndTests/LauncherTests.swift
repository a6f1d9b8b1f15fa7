import Foundation
import Testing

/// scripts/launch: what it prints, passes on, and refuses.
@Suite(.serialized) struct LauncherTests {
    private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.launcher, arguments,
            environment: ["LOCKSTEP_BINARY": CommandRunner.command].merging(environment) { $1 }, timeout: 60)
    }

    private func script(_ directory: TemporaryDirectory, _ body: String) throws -> String {
        let path = try directory.write("program", "#!/bin/bash\n" + body)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test func printsTheLine() throws {
        let result = try launch([
            "-n", "2", "--bind-to", "core", "--mpi-args", "--mca a b", "--dry-run", "train", "x.yaml",
        ])
        #expect(result.status == 0)
        #expect(
            result.output.contains(
                "mpirun --quiet -np 2 --bind-to core --mca a b \(CommandRunner.command) train x.yaml --run-dir runs/x-"
            ))
    }

    @Test func hostsAndHostFiles() throws {
        let directory = try TemporaryDirectory()
        let hosts = try launch(["-n", "4", "-H", "a:2,b:2", "--dry-run", "train", "x.yaml"])
        #expect(hosts.output.contains("-H a:2\\,b:2") || hosts.output.contains("-H a:2,b:2"))
        let file = try directory.write("hosts", "a slots=2\n")
        let fromFile = try launch(["-n", "2", "--hostfile", file, "--dry-run", "train", "x.yaml"])
        #expect(fromFile.output.contains("-H a:2 "), "\(fromFile.output)")
        let missing = try launch(["-n", "2", "--hostfile", "/nowhere/hosts", "train", "x.yaml"])
        #expect(missing.status == 2 && missing.output.contains("/nowhere/hosts"))
        let environment = try launch(
            ["-n", "2", "--dry-run", "train", "x.yaml"],
            environment: ["OMPI_MCA_orte_default_hostfile": file])
        #expect(
            !environment.output.contains("-H ") && !environment.output.contains("hostfile")
                && !environment.output.contains("oversubscribe"))
    }

    @Test func warnsOfMoreThreadsThanCores() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", "threads: 64\n")
        let result = try launch(["-n", "2", "--dry-run", "train", file])
        #expect(result.output.contains("2 ranks of 64 thread(s) share"))
        #expect(try launch(["-n", "99", "--dry-run", "train", "x.yaml"]).output.contains("--oversubscribe"))
    }

    @Test(arguments: [
        (["train", "x.yaml"], "how many ranks"), (["-n", "2"], "which command"),
        (["-n", "two", "train"], "-n must be"),
        (["-n", "0", "train"], "-n must be"),
        (["-n", "2", "--bindto", "core", "train"], "unknown option '--bindto'"),
        (["-n", "2", "/nowhere/program"], "is not a program"), (["-n"], "needs a value"),
    ]) func mistakes(_ arguments: [String], _ message: String) throws {
        let result = try launch(arguments)
        #expect(result.status == 2)
        #expect(result.output.contains(message), "\(result.output)")
    }

    @Test func passesExitStatusOn() throws {
        let directory = try TemporaryDirectory()
        let program = try script(directory, "exit 5\n")
        #expect(try launch(["-n", "2", program]).status == 5)
    }

    @Test func passesStandardInputToRankZeroWhenAsked() throws {
        let directory = try TemporaryDirectory()
        let program = try script(directory, "echo \"rank $OMPI_COMM_WORLD_RANK read <$(cat)>\"\n")
        let input = try directory.write("input", "a line")
        func output(_ option: String) throws -> String {
            try CommandRunner.run(
                "/bin/bash", ["-c", "\(CommandRunner.launcher) -n 2 \(option) \(program) < \(input)"],
                timeout: 60
            ).output
        }
        let passed = try output("--stdin")
        #expect(passed.contains("rank 0 read <a line>") && passed.contains("rank 1 read <>"), "\(passed)")
        let closed = try output("")
        #expect(closed.contains("rank 0 read <>") && closed.contains("rank 1 read <>"), "\(closed)")
    }

    @Test func turnsTerminationIntoARequest() throws {
        let directory = try TemporaryDirectory()
        let program = try script(
            directory,
            """
            trap 'echo "rank $OMPI_COMM_WORLD_RANK asked to stop"; exit 0' USR1
            touch "$0.ready.$OMPI_COMM_WORLD_RANK"
            until [ -e "$0.ready.0" ] && [ -e "$0.ready.1" ]; do sleep 0.05; done
            [ "$OMPI_COMM_WORLD_RANK" = 0 ] && kill -TERM "$1"
            for i in $(seq 100); do sleep 0.1; done
            exit 9
            """)
        // Rank 0 asks the launcher to stop as soon as both ranks listen.
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 2 \(program) $$"], timeout: 60)
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("asking the ranks to write a checkpoint and stop"))
    }

    @Test func endsRanksThatDoNotListen() throws {
        let directory = try TemporaryDirectory()
        let program = try script(
            directory,
            """
            trap '' USR1
            [ "$OMPI_COMM_WORLD_RANK" = 0 ] && kill -TERM "$1"
            for i in $(seq 300); do sleep 0.1; done
            """)
        let result = try CommandRunner.run(
            "/bin/bash", ["-c", "exec \(CommandRunner.launcher) -n 2 --grace 1 \(program) $$"], timeout: 25)
        #expect(!result.timedOut && result.status != 0)
        #expect(result.output.contains("did not stop within 1 seconds"))
    }
}
