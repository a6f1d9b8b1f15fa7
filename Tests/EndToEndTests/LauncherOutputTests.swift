import Foundation
import Testing

/// Output of scripts/launch, and of the command, that is not read or cannot be written.
@Suite(.serialized) struct LauncherOutputTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 60, checkpointEvery: 20))
    }

    /// Runs a line of shell, and the status of its first command behind it.
    private func run(_ line: String) throws -> CommandResult {
        try CommandRunner.run(
            "/bin/bash", ["-c", line + "\necho \"status ${PIPESTATUS[0]}\" >status"],
            environment: [
                "LOCKSTEP_BINARY": CommandRunner.command, "command": CommandRunner.command,
                "launch": CommandRunner.launcher, "file": file,
            ],
            directory: directory.url, timeout: 120)
    }

    private func status() throws -> String {
        try String(contentsOfFile: directory.path("status"), encoding: .utf8)
    }

    /// Training continues to its end: the log has the missing output, and there is a checkpoint.
    @Test(
        arguments: ["\"$launch\" -n 2 train", "\"$command\" train"],
        [
            ">/dev/full", "2>/dev/full", "| head -2 >/dev/null", "2>&1 | head -2 >/dev/null", ">&-", "2>&-",
            ">&- 2>&- <&-",
        ])
    func trainingGoesOn(_ command: String, _ output: String) throws {
        let line = "\(command) \"$file\" --run-dir run \(output)"
        let result = try run(line)
        #expect(try status() == "status 0\n" && !result.timedOut, "\(line): \(result.output)")
        let checkpoint = directory.path("run/checkpoints/latest/manifest.json")
        #expect(FileManager.default.fileExists(atPath: checkpoint), "\(line)")
        let log = try String(contentsOfFile: directory.path("run/train.log"), encoding: .utf8)
        #expect(log.contains("step 60/60") && log.contains("stopped because"), "\(log)")
        for name in ["lock", "heartbeats/rank-00000"] {
            let text = FileManager.default.contents(atPath: directory.path("run/" + name)).map {
                String(decoding: $0, as: UTF8.self)
            }
            #expect(!(text ?? "").contains("Ranks: "), "\(name) has text of the terminal")
        }
    }

    /// What mpirun says of itself is passed on, and a line of dashes of a rank's too.
    @Test func whatRanksWriteArrives() throws {
        let program = try directory.write(
            "program",
            """
            #!/bin/bash
            # Rank 0 has begun by then.
            [ "$OMPI_COMM_WORLD_RANK" = 0 ] || { sleep 1; exit 3; }
            printf '%074d\\n' 0 | tr 0 - >&2
            printf 'a table\\n' >&2
            printf 'no end' >&2
            sleep 2
            printf '\\377\\n' >&2

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let result = try run("\"$launch\" -n 1 ./program 2>errors")
        #expect(try status() == "status 0\n", "\(result.output)")
        let errors = try Data(contentsOf: URL(fileURLWithPath: directory.path("errors")))
        let expected =
            Data((String(repeating: "-", count: 74) + "\na table\nno end").utf8) + Data([0xFF, 0x0A])
        #expect(errors.suffix(expected.count) == expected, "\(String(decoding: errors, as: UTF8.self))")
        _ = try run("\"$launch\" -n 2 ./program 2>errors")
        let failed = try String(contentsOfFile: directory.path("errors"), encoding: .isoLatin1)
        #expect(try status() == "status 3\n" && !failed.contains("mpirun detected"), "\(failed)")
    }

    /// One message and status 75 on a full disk; no message on a pipe without a reader.
    @Test func commandsSayWhenTheyCannotWrite() throws {
        let trained = try run(
            "\"$command\" train \"$file\" --run-dir run --set max_steps=20 --set evaluation_block=1000 2>&1")
        #expect(try status() == "status 0\n", "\(trained.output)")
        let commands = [
            "keys", "keys optimizer", "inspect run", "report run", "report run --json", "files run.yaml",
            "evaluate run", "predict run --output -",
            "predict run --output p.csv", "doctor", "--help", "train --help", "--version",
        ]
        for command in commands {
            let full = try run("\"$command\" \(command) >/dev/full")
            #expect(try status() == "status 75\n", "\(command): \(full.output)")
            let message = "lockstep: The standard output cannot be written: No space left on device.\n"
            #expect(
                full.output.hasSuffix(message) && full.output.components(separatedBy: message).count == 2,
                "\(command): \(full.output)")
            let closed = try run("\"$command\" \(command) >&-")
            #expect(
                try status() == "status 75\n" && closed.output.contains("Bad file descriptor"),
                "\(command): \(closed.output)")
            // The reader ends before the first byte.
            let unread = try run("{ sleep 0.3; exec \"$command\" \(command); } | true")
            #expect(try status() == "status 75\n", "\(command): \(unread.output)")
            #expect(
                !unread.output.contains("standard output") && !unread.output.contains("Broken pipe"),
                "\(command): \(unread.output)")
            #expect(FileManager.default.fileExists(atPath: directory.path("run/checkpoints/latest")))
        }
        // Errors that cannot be printed do not change the status.
        _ = try run("\"$command\" inspect nowhere 2>/dev/full")
        #expect(try status() == "status 1\n" || status() == "status 2\n")
        _ = try run("\"$command\" nonsense 2>/dev/full")
        #expect(try status() == "status 2\n")
    }
}
