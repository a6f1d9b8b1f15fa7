import Foundation
import Testing

/// What is wrong on one of several hosts only: a clear message for each, before a rank starts, over a real
/// ssh.
@Suite(.serialized, .enabled(if: Testbed.unavailable == nil, Comment(rawValue: Testbed.unavailable ?? "")))
struct HostMistakeTests {
    private let directory: TemporaryDirectory
    private let bed: Testbed
    private let binary: String

    init() throws {
        directory = try TemporaryDirectory()
        bed = try Testbed("--hosts", "2", "--slots", "2")
        // A copy, which can be hidden on a host.
        for folder in ["bin", "runs"] {
            try FileManager.default.createDirectory(
                atPath: directory.path(folder), withIntermediateDirectories: true)
        }
        binary = directory.path("bin/lockstep")
        try FileManager.default.copyItem(atPath: CommandRunner.command, toPath: binary)
    }

    private func train(_ options: [String]) throws -> CommandResult {
        let file = CommandRunner.repository.appendingPathComponent("Examples/synthetic-mlp.yaml").path
        return try bed.launch(
            options + ["train", file, "--run-dir", directory.path("runs/first"), "--set", "max_steps=20"],
            environment: ["LOCKSTEP_BINARY": binary, "LOCKSTEP_CONNECT_TIMEOUT": "3"])
    }

    private func expectMessage(
        _ message: String, _ options: [String] = ["-n", "4", "-H", "h1:2,h2:2"],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try train(options)
        #expect(result.status == 2, "\(result.output)", sourceLocation: location)
        let told = result.output.split(separator: "\n").filter { $0.hasPrefix("launch: ") }
        #expect(
            told.count == 2 && told.first?.contains(message) == true
                && told.last == "launch: 1 of 2 host(s) cannot take part: nothing was started.",
            "\(result.output)", sourceLocation: location)
        #expect(
            !FileManager.default.fileExists(atPath: directory.path("runs/first")), sourceLocation: location)
    }

    /// Expects a message while something is mounted over a path on the second host.
    private func expectMessage(
        _ message: String, mounting arguments: [String], over path: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let mounted = try bed.run(["exec", "h2", "mount"] + arguments + [path])
        #expect(mounted.status == 0, "\(mounted.output)", sourceLocation: location)
        try expectMessage(message, location: location)
        #expect(try bed.run(["exec", "h2", "umount", path]).status == 0, sourceLocation: location)
    }

    @Test func oneHostIsNotInOrder() throws {
        let runs = directory.path("runs")
        try expectMessage(
            "host h2 cannot write the run directory \(runs)/first: Read-only file system",
            mounting: ["-t", "tmpfs", "-o", "ro", "tmpfs"], over: runs)
        try expectMessage(
            "host h2 has no \(binary): build or copy it", mounting: ["-t", "tmpfs", "tmpfs"],
            over: directory.path("bin"))
        try expectMessage(
            "host h2 has another version of \(binary): true (GNU coreutils)",
            mounting: ["--bind", "/bin/true"], over: binary)
        let copy = directory.path("other")
        try FileManager.default.copyItem(atPath: binary, toPath: copy)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: copy))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([0]))
        try handle.close()
        try expectMessage(
            "host h2 has another build of \(binary)", mounting: ["--bind", copy], over: binary)
        try expectMessage(
            "host h2 cannot be reached by ssh: root@h2: Permission denied",
            mounting: ["--bind", "/dev/null"],
            over: NSHomeDirectory() + "/.ssh/authorized_keys")
        try expectMessage(
            "host h2 cannot be reached by ssh: connect to host h2 port 7: Connection refused. Is sshd running",
            ["-n", "4", "-H", "h1:2,h2:2", "--ssh-port", "7"])
        try expectMessage(
            "host h9 cannot be reached by ssh: Could not resolve hostname h9", ["-n", "2", "-H", "h1,h9"])
        _ = try bed.run(["cut", "h2"])
        try expectMessage(
            "host h2 cannot be reached by ssh: connect to host h2 port 2222: Connection timed out. Is it up")
        _ = try bed.run(["mend", "h2"])
        // And there was no other obstacle.
        let good = try train(["-n", "4", "-H", "h1:2,h2:2"])
        #expect(good.status == 0 && good.output.contains("4 on 2 hosts"), "\(good.tail)")
    }
}
