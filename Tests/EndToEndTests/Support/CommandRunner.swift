import Foundation
import LockstepTesting

/// Runs the project's scripts and the built command as a user would.
struct CommandRunner: Sendable {
    /// The top of the repository.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// `scripts/launch`.
    static let launcher = repository.appendingPathComponent("scripts/launch").path

    /// The built `lockstep` command: beside the test bundle that runs.
    static let command = ProgramRun.product("lockstep")

    /// The folder of the built products: where this test's executable lies.
    static var productsDirectory: URL { ProgramRun.productsDirectory }

    /// Runs a program to its end, or ends its process group after `timeout` seconds.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, timeout: Double = 300
    ) throws -> CommandResult {
        try ProgramRun.run(
            program, arguments, environment: environment, directory: directory, timeout: timeout)
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
    static var runsAll: Bool { ProgramRun.runsAll }
}
