import Foundation

/// A Slurm cluster of two nodes that `cluster/slurm/test-cluster` makes; it ends with the object.
final class SlurmCluster: Sendable {
    /// `cluster/slurm/test-cluster`.
    static let script = CommandRunner.repository.appendingPathComponent("cluster/slurm/test-cluster").path
    /// `cluster/slurm/train.sbatch`.
    static let batchScript = CommandRunner.repository.appendingPathComponent("cluster/slurm/train.sbatch")
        .path

    /// Why no cluster can be made here; nil when it can.
    static let obstacle: String? = {
        guard let result = try? CommandRunner.run(script, ["check"], timeout: 30) else {
            return "cluster/slurm/test-cluster cannot be run"
        }
        return result.status == 0 ? nil : result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }()

    /// A directory that all nodes see.
    let shared: URL
    private let state: URL

    init() throws {
        state = URL(fileURLWithPath: "/var/tmp/lockstep-slurm-\(UUID())")
        shared = state.appendingPathComponent("shared")
        let result = try call(["up"], timeout: 60)
        guard result.status == 0 else { throw Failure(description: result.output) }
        try FileManager.default.createDirectory(at: shared, withIntermediateDirectories: true)
    }

    deinit {
        _ = try? call(["down"], timeout: 60)
        try? FileManager.default.removeItem(at: state)
    }

    /// The path of an entry of the shared directory.
    func path(_ name: String) -> String { shared.appendingPathComponent(name).path }

    /// Runs a command on the head, in the repository.
    func run(
        _ command: [String], environment: [String: String] = [:], timeout: Double
    ) throws -> CommandResult {
        try call(["run"] + command, environment: environment, timeout: timeout)
    }

    /// Submits the batch script, waits until the job has ended for good, and returns what it wrote.
    /// - Parameters:
    ///   - options: of sbatch.
    ///   - arguments: of the script.
    func train(
        run name: String, starter: String, options: [String], arguments: [String], timeout: Double
    ) throws -> CommandResult {
        let log = path(name + ".log")
        let environment = [
            "LOCKSTEP_STARTER": starter, "LOCKSTEP_RUN_DIR": path(name),
            "LOCKSTEP_BINARY": CommandRunner.command,
        ]
        var result = try run(
            ["sbatch", "--wait", "--ntasks-per-node=1", "--output", log] + options
                + [SlurmCluster.batchScript] + arguments, environment: environment, timeout: timeout)
        result.output += (try? String(contentsOfFile: log, encoding: .utf8)) ?? "(the job wrote nothing)"
        return result
    }

    func call(
        _ arguments: [String], environment: [String: String] = [:], timeout: Double
    ) throws -> CommandResult {
        try CommandRunner.run(
            SlurmCluster.script, arguments,
            environment: ["LOCKSTEP_SLURM_CLUSTER": state.path].merging(environment) { $1 },
            directory: CommandRunner.repository, timeout: timeout)
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }
}
