import Foundation
import Testing

/// Threads that the system refuses: an error in bounded time, with status 75, wherever it comes.
@Suite(.serialized) struct ThreadLimitTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "run.yaml",
            RunFiles.text(
                model: RunFiles.mlp, data: .fashion, batch: 250, shards: 4, steps: 20, checkpointEvery: 10))
    }

    /// Runs a command of which every start of a thread from the `first`-th on fails, as with a limit that is reached.
    private func run(_ command: String, refusingFrom first: Int) throws -> CommandResult {
        try CommandRunner.run(
            "/usr/bin/strace",
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=clone3", "-e",
                "inject=clone3:error=EAGAIN:when=\(first)+",
                CommandRunner.command,
            ] + command.split(separator: " ").map(String.init), directory: directory.url, timeout: 60)
    }

    /// From the watchdog's to the last: each is missed at its start, until there are enough.
    @Test(arguments: ["", " --set threads=3"]) func aTrainingThatGetsNoThread(_ options: String) throws {
        var failures = 0
        for first in 1... {
            let place = directory.path("run-\(first)\(options.count)")
            let result = try run("train \(file) --run-dir \(place)\(options)", refusingFrom: first)
            #expect(!result.timedOut, "thread \(first): \(result.output)")
            if result.status == 0 { break }
            failures += 1
            #expect(result.status == 75, "thread \(first): \(result.output)")
            let messages = result.output.split(separator: "\n").filter {
                $0.contains("No thread can be started for the ")
            }
            #expect(
                messages.count == 1 && messages[0].contains("ulimit -u"), "thread \(first): \(result.output)")
            try #require(first < 20)
        }
        #expect(failures >= (options.isEmpty ? 3 : 5))
    }

    @Test func anEvaluationThatGetsNoThread() throws {
        let trained = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("run"), "--set", "threads=2"])
        #expect(trained.status == 0, "\(trained.tail)")
        let result = try run("evaluate run", refusingFrom: 1)
        #expect(result.status == 75 && !result.timedOut, "\(result.output)")
        #expect(result.output.contains("No thread can be started for the computation"), "\(result.output)")
    }

    /// Of two ranks one gets none: both end.
    @Test func oneRankThatGetsNoThread() throws {
        let program = try directory.write(
            "program",
            """
            #!/bin/bash
            [ "$OMPI_COMM_WORLD_RANK" = 1 ] || exec "$@"
            # MPI's own threads come first.
            exec strace -qq -o /dev/null -f -e trace=clone3 -e inject=clone3:error=EAGAIN:when=$THREAD+ "$@"

            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        for thread in CommandRunner.runsAll ? Array(1...10) : [1, 3, 5] {
            let result = try CommandRunner.run(
                CommandRunner.launcher,
                [
                    "-n", "2", program, CommandRunner.command, "train", file, "--run-dir",
                    directory.path("run\(thread)"),
                ],
                environment: ["THREAD": String(thread)], directory: directory.url, timeout: 60)
            #expect(!result.timedOut, "thread \(thread): \(result.output)")
            #expect(result.status != 139 && result.status != 132, "thread \(thread): \(result.output)")
            if result.status == 0 { break }
            #expect(!result.output.contains("SIGKILL"), "thread \(thread): \(result.output)")
        }
    }

    /// A limit of the user, whom root is not subject to.
    @Test(.enabled(if: getuid() == 0, "only root can become another user"))
    func aLimitOnTheUsersThreads() throws {
        let data = try directory.write(
            "own.yaml",
            "model: {mlp: {hidden: [4]}}\ndata: {synthetic: {samples: 200, shape: [4], classes: 2}}\nbatch: 20\n"
                + "max_steps: 20\noptimizer: {sgd: {learning_rate: 0.1}}\n"
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.url.path)
        let user = "54321"
        let limited = [
            "--reuid", user, "--regid", user, "--clear-groups", "/usr/bin/prlimit", "--nproc=1",
            CommandRunner.command,
        ]
        let result = try CommandRunner.run(
            "/usr/bin/setpriv", limited + ["train", data, "--run-dir", "run"],
            environment: ["HOME": directory.url.path, "XDG_CACHE_HOME": directory.path("cache")],
            directory: directory.url, timeout: 60)
        // Where its user may not come to the command at all there is nothing to test.
        guard !result.output.contains("Permission denied") else { return }
        #expect(result.status == 75 && !result.timedOut, "\(result.output)")
        #expect(result.output.contains("No thread can be started for the watchdog"), "\(result.output)")
    }
}
