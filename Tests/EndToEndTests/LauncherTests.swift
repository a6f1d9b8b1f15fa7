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
        #expect(result.status == 0 && result.output.hasPrefix("mpirun -np 2 --bind-to core -H localhost:"))
        #expect(
            result.output.contains(
                " --mca a b \(CommandRunner.command) train x.yaml --run-dir runs/x-"
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

    /// On one machine no networks are looked for, unless a layer of Open MPI is named.
    @Test(arguments: [
        ([], [:], "ob1"), ([], ["OMPI_MCA_pml": "cm"], "cm"), (["--mpi-args", "--mca pml cm"], [:], "cm"),
    ])
    func layerOfMessages(_ options: [String], _ environment: [String: String], _ layer: String) throws {
        let directory = try TemporaryDirectory()
        let program = try script(directory, "echo layer=$OMPI_MCA_pml")
        let result = try launch(["-n", "2"] + options + [program], environment: environment)
        #expect(result.status == 0 && result.output.contains("layer=\(layer)\n"), "\(result.output)")
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
        (
            ["-n", "2", "--bindto", "core", "train"],
            "unknown option '--bindto'; did you mean '--bind-to'? See scripts/launch --help."
        ),
        (["-n", "2", "--host", "a,b", "train"], "did you mean '--hosts'?"),
        (["-n", "2", "--tiemout", "5", "train"], "did you mean '--timeout'?"),
        (["-n", "2", "--hosts=a:1,b:2", "train"], "did you mean '--hosts a:1,b:2'?"),
        (
            ["-n", "2", "--resume", "train", "x.yaml"],
            "unknown option '--resume'; options of the command follow it. See scripts/launch --help."
        ),
        (["-n", "2", "/nowhere/program"], "is not a program"), (["-n"], "needs a value"),
        (["-n", "2", "/nowhere/.build/release/Mine"], "swift build -c release --product Mine"),
        (
            ["-n", "2", "trian", "x.yaml"],
            "no subcommand 'trian'. Did you mean 'train'? There are train, evaluate"
        ),
        (["-n", "2", "--grace", "-5", "train"], "--grace must be"),
        (
            ["-n", "2", "Examples/run.yaml"],
            "is a run file; put a command before it: train Examples/run.yaml"
        ),
    ]) func mistakes(_ arguments: [String], _ message: String) throws {
        let result = try launch(arguments)
        #expect(result.status == 2)
        #expect(result.output.contains(message), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }

    /// Options that are not in the help are not suggested either.
    @Test func helpHasEveryOption() throws {
        let parser = try String(
            contentsOf: CommandRunner.repository.appendingPathComponent("scripts/lib/launch/options.sh"),
            encoding: .utf8)
        let known = parser.matches(of: /(?m)^ {12}(-[^*]*?)\) .*;;$/).flatMap {
            $0.output.1.split(separator: " | ").map(String.init)
        }
        #expect(known.count > 20)
        for option in known where option.hasPrefix("--") && option != "--" {
            let result = try launch(["-n", "2", "\(option)x", "train"])
            #expect(result.output.contains("did you mean '\(option)'?"), "\(result.output)")
        }
    }

    @Test(arguments: [
        ("LOCKSTEP_BINARY", "/nowhere/lockstep", "'/nowhere/lockstep' is not a program"),
        ("LOCKSTEP_LINGER", "long", "LOCKSTEP_LINGER must be a whole number"),
    ]) func mistakesInTheEnvironment(_ name: String, _ value: String, _ message: String) throws {
        let result = try launch(["-n", "2", "train", "x.yaml", "--run-dir", "r"], environment: [name: value])
        #expect(result.status == 2 && result.output.contains(message), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
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

    /// Runs a program on two ranks with the launcher's process as its argument. The launcher heeds signals,
    /// whoever started the tests.
    private func launchWithSignals(_ options: String, _ program: String, timeout: Double) throws
        -> CommandResult
    {
        try CommandRunner.run(
            "/bin/bash",
            [
                "-c",
                "exec env --default-signal=INT,TERM,HUP \(CommandRunner.launcher) -n 2 \(options) \(program) $$",
            ], timeout: timeout)
    }

    /// A terminal that goes away sends HUP twice.
    @Test(arguments: ["TERM", "HUP"]) func turnsSignalsIntoARequest(_ signal: String) throws {
        let directory = try TemporaryDirectory()
        let program = try script(
            directory,
            """
            trap 'sleep 0.5; echo "rank $OMPI_COMM_WORLD_RANK asked to stop"; exit 0' USR1
            touch "$0.ready.$OMPI_COMM_WORLD_RANK"
            until [ -e "$0.ready.0" ] && [ -e "$0.ready.1" ]; do sleep 0.05; done
            if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then
                (trap '' USR1; kill -\(signal) -- "-$1"; sleep 0.1; kill -HUP -- "-$1") &
            fi
            for i in $(seq 100); do sleep 0.1; done
            exit 9
            """)
        // Rank 0 asks the launcher to stop as soon as both ranks listen.
        let result = try launchWithSignals("", program, timeout: 60)
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("asking the ranks to write a checkpoint and stop"))
        #expect(result.output.contains("rank 1 asked to stop"), "\(result.tail)")
    }

    /// A terminal's Ctrl-C goes to all processes of the launcher.
    @Test func aSecondSignalEndsTheRanksAtOnce() throws {
        let directory = try TemporaryDirectory()
        let program = try script(
            directory,
            """
            trap '' USR1
            if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then kill -INT -- "-$1"; sleep 0.05; kill -INT -- "-$1"; fi
            for i in $(seq 300); do sleep 0.1; done
            """)
        let result = try launchWithSignals("", program, timeout: 25)
        #expect(!result.timedOut && result.status != 0)
        #expect(result.output.contains("second signal: ending the ranks at once"), "\(result.tail)")
        #expect(!result.output.contains("did not stop"), "\(result.tail)")
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
        let result = try launchWithSignals("--grace 1", program, timeout: 25)
        #expect(!result.timedOut && result.status != 0)
        #expect(result.output.contains("did not stop within 1 seconds"))
    }
}
