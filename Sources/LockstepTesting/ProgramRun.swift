import Foundation

/// Runs programs, such as the built products of a package, from tests.
public enum ProgramRun {
    /// The folder of the built products: the one that the test bundle lies in.
    public static let productsDirectory = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().resolvingSymlinksInPath()

    /// The path of a built product, such as an executable of the package that is tested.
    public static func product(_ name: String) -> String {
        productsDirectory.appendingPathComponent(name).path
    }

    /// Whether tests that need much time or memory are wanted: whether `LOCKSTEP_TEST_ALL` is 1.
    public static let runsAll = ProcessInfo.processInfo.environment["LOCKSTEP_TEST_ALL"] == "1"

    /// The start of a command that runs a program on a number of ranks; empty for one rank, which needs no mpirun.
    public static func launcher(ranks: Int) -> [String] {
        ranks == 1 ? [] : ["mpirun", "--bind-to", "none", "--oversubscribe", "-np", String(ranks)]
    }

    /// What ranks need in their environment: as many threads as there are ranks would be too many, and root may run them.
    public static let environmentOfRanks = [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1",
    ]

    /// Runs a program on a number of ranks under mpirun, on one rank without it.
    /// - Parameters:
    ///   - program: its path; see `product`.
    ///   - environment: added to the environment of the test.
    ///   - timeout: seconds after which all ranks are ended.
    ///   - wrapper: a command that runs its arguments, to stand before mpirun.
    public static func run(
        _ program: String, _ arguments: [String], ranks: Int, environment: [String: String] = [:],
        timeout: Double = 300, wrapper: [String] = []
    ) throws -> ProgramResult {
        try run(
            "/usr/bin/env", wrapper + launcher(ranks: ranks) + [program] + arguments,
            environment: environmentOfRanks.merging(environment) { $1 }, timeout: timeout)
    }

    /// A program that starts another without the descriptor whose end tells `Process` that the program has ended: a background
    /// process that stays would keep it open.
    private static let closesDescriptors = """
        for descriptor in /proc/$$/fd/*; do
            descriptor=${descriptor##*/}
            if [ "$descriptor" -gt 2 ] && [ "$descriptor" -ne 255 ]; then eval "exec $descriptor>&-"; fi
        done
        exec "$0" "$@"
        """

    /// Runs a program to its end, or ends its process group after `timeout` seconds.
    ///
    /// Its standard input is empty.
    /// - Throws: what prevents it from being started.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, timeout: Double = 300
    ) throws -> ProgramResult {
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
        return ProgramResult(status: status, output: text, timedOut: timedOut)
    }

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
}
