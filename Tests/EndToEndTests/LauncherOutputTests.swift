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

    /// mpirun's message about the end of a rank is left out, also where it follows a line that a rank has not ended,
    /// at once or later, and whatever part of it a time-out cuts off. Other lines of dashes arrive byte for byte.
    @Test func messagesOfMPIRunAreKnownAfterAnUnfinishedLine() throws {
        let streams = CommandRunner.repository.appendingPathComponent("scripts/lib/launch/streams.sh").path
        let script = try directory.write(
            "sort",
            #"""
            . "$1"
            dashes=$(printf '%074d' 0 | tr 0 -)
            message=$dashes$'\n''Primary job  terminated normally, but 1 process returned'$'\n'$dashes
            # check EXPECTED KINDS: compares what arrives of the standard input, and the kinds of messages.
            check() {
                arrived=$(sort_errors; echo "kinds $?")
                [ "$arrived" = "$1kinds $2" ] || printf 'not "%s" but "%s"\n' "$1kinds $2" "$arrived"
            }
            printf 'no end%s\n' "$message" | check 'no end' 1
            { printf 'no end'; sleep 0.7; printf '%s\n' "$message"; } | check 'no end' 1
            { printf 'no end-'; sleep 0.7; printf '%s\n' "${message:1}"; } | check 'no end' 1
            { printf 'no end'; sleep 0.7; printf -- '---'; sleep 0.3; printf '%s\n' "${message:3}"; } | check 'no end' 1
            printf 'table%s\nrow\n' "$dashes" | check "table$dashes"$'\nrow\n' 0
            printf '%s--\nrow\n%s--\n' "$dashes" "$dashes" | check "$dashes"$'--\nrow\n'"$dashes"$'--\n' 0
            { printf -- '--'; sleep 1.2; printf -- '> done\n'; } | check $'--> done\n' 0

            """#)
        let result = try CommandRunner.run("/usr/bin/env", ["bash", script, streams], timeout: 60)
        #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
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
