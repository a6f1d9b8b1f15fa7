import Foundation

/// A test bed of several hosts (`cluster/testbed`) that is removed with the object.
final class Testbed: Sendable {
    /// `cluster/testbed`.
    static let script = CommandRunner.repository.appendingPathComponent("cluster/testbed").path

    /// Why no bed can be made here; nil when one can.
    static let unavailable: String? = {
        guard let result = try? CommandRunner.run(script, ["check"], timeout: 30) else {
            return "no cluster/testbed"
        }
        return result.status == 0 ? nil : result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }()

    private let directory: TemporaryDirectory
    /// The bed's state directory.
    let state: String

    init() throws {
        directory = try TemporaryDirectory()
        state = directory.path("bed")
    }

    /// A bed that is up.
    convenience init(_ options: String...) throws {
        try self.init()
        let result = try run(["up"] + options)
        guard result.status == 0 else { throw Failure(message: result.output) }
    }

    deinit { _ = try? run(["down"]) }

    struct Failure: Error {
        var message: String
    }

    /// Runs `cluster/testbed` with arguments.
    func run(_ arguments: [String], environment: [String: String] = [:], timeout: Double = 60) throws
        -> CommandResult
    {
        try CommandRunner.run(
            Testbed.script, arguments,
            environment: ["LOCKSTEP_TESTBED": state, "LOCKSTEP_BINARY": CommandRunner.command].merging(
                environment
            ) { $1 },
            timeout: timeout)
    }

    /// Runs `scripts/launch` on the first host.
    func launch(_ arguments: [String], environment: [String: String] = [:], timeout: Double = 120) throws
        -> CommandResult
    {
        try run(["run", CommandRunner.launcher] + arguments, environment: environment, timeout: timeout)
    }

    /// What is left of the bed: namespaces, processes, files.
    func remains() throws -> [String] {
        let sum = try CommandRunner.run("/bin/bash", ["-c", "printf %s '\(state)' | sha256sum | cut -c 1-8"])
        let name = "lockstep-" + sum.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let manager = FileManager.default
        var remains =
            (try? manager.contentsOfDirectory(atPath: "/run/netns"))?.filter { $0.hasPrefix(name) } ?? []
        if manager.fileExists(atPath: state) { remains.append(state) }
        for process in try manager.contentsOfDirectory(atPath: "/proc") where Int32(process) != nil {
            guard let data = manager.contents(atPath: "/proc/\(process)/cmdline") else { continue }
            let line = String(decoding: data.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            if line.contains(state) || line.contains(name) { remains.append("process \(process): \(line)") }
        }
        return remains
    }
}
