import Foundation

/// Runs the project's scripts and the built command as a user would.
struct CommandRunner: Sendable {
    /// The top of the repository.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `scripts/launch`.
    static let launcher = repository.appendingPathComponent("scripts/launch").path

    /// The built `lockstep` command: beside the test bundle that runs.
    static let command = productsDirectory.appendingPathComponent("lockstep").path

    /// The folder of the built products: where this test's executable lies.
    static let productsDirectory = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().resolvingSymlinksInPath()

    /// A program that starts another without the descriptor whose end tells `Process` that the program has ended: a background
    /// process that stays would keep it open.
    private static let closesDescriptors = """
        for descriptor in /proc/$$/fd/*; do
            descriptor=${descriptor##*/}
            if [ "$descriptor" -gt 2 ] && [ "$descriptor" -ne 255 ]; then eval "exec $descriptor>&-"; fi
        done
        exec "$0" "$@"
        """

    /// Ends the session that setsid has begun, and setsid.
    private static func end(_ process: Process) {
        let identifier = process.processIdentifier
        let children = try? String(
            contentsOfFile: "/proc/\(identifier)/task/\(identifier)/children", encoding: .utf8)
        for child in (children ?? "").split(separator: " ").compactMap({ pid_t($0) }) {
            kill(-child, SIGKILL)
        }
        kill(-identifier, SIGKILL)
        process.terminate()
    }

    /// Runs a program to its end, or ends its process group after `timeout` seconds.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, timeout: Double = 300
    ) throws -> CommandResult {
        let process = Process()
        // setsid makes a process group of its own, so that a time-out ends everything that was started.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = ["--wait", "/bin/bash", "-c", closesDescriptors, program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("output-\(UUID())")
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        process.standardOutput = handle
        process.standardError = handle
        // Test threads block signals, and a child inherits that: it would be deaf.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        let deadline = Date().addingTimeInterval(timeout)
        while process.isRunning && Date() < deadline { usleep(20_000) }
        let timedOut = process.isRunning
        if timedOut { end(process) }
        process.waitUntilExit()
        try handle.close()
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let status =
            process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus
            : process.terminationStatus
        return CommandResult(status: status, output: text, timedOut: timedOut)
    }

    /// Runs `lockstep` on a number of ranks through the launcher; on one rank without mpirun.
    static func lockstep(
        ranks: Int, _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil,
        timeout: Double = 300
    ) throws -> CommandResult {
        let all = ["LOCKSTEP_BINARY": command].merging(environment) { $1 }
        if ranks == 1 {
            return try run(command, arguments, environment: all, directory: directory, timeout: timeout)
        }
        return try run(
            launcher, ["-n", String(ranks)] + arguments, environment: all, directory: directory,
            timeout: timeout)
    }

    /// Whether the long tests were asked for (`scripts/test --all`).
    static var runsAll: Bool { ProcessInfo.processInfo.environment["LOCKSTEP_TEST_ALL"] == "1" }
}
