import Foundation
import Testing

/// scripts/launch and lockstep doctor over a real ssh.
@Suite(
    .serialized,
    .enabled(if: LoopbackSSH.obstacle == nil, "a real sshd is needed: \(LoopbackSSH.obstacle ?? "")"))
struct LauncherSSHTests {
    private let directory: TemporaryDirectory
    private let server: LoopbackSSH

    init() throws {
        directory = try TemporaryDirectory()
        server = try LoopbackSSH(directory)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> CommandResult {
        try CommandRunner.run(
            program, arguments,
            environment: [
                "LOCKSTEP_BINARY": CommandRunner.command,
                "LOCKSTEP_SSH_OPTIONS": "-F \(server.configuration)",
            ], directory: directory.url, timeout: 90)
    }

    private func launch(_ hosts: String, _ options: [String]) throws -> CommandResult {
        try run(CommandRunner.launcher, ["-n", "2", "-H", hosts] + options + ["/bin/hostname"])
    }

    @Test func runsAndRefuses() throws {
        let good = try launch("far,localhost", ["--identity", server.key])
        #expect(good.status == 0 && good.output.components(separatedBy: "\n").count >= 3, "\(good.tail)")
        let bad: [(String, [String], String)] = [
            ("far,localhost", ["--identity", server.otherKey], "Permission denied"),
            ("far,localhost", ["--identity", server.key, "--ssh-port", "1"], "onnection refused"),
            ("far,no-such-host.invalid", ["--identity", server.key], "not resolve hostname"),
        ]
        for (hosts, options, message) in bad {
            let result = try launch(hosts, options)
            #expect(result.status == 2 && result.output.contains(message), "\(result.tail)")
            #expect(result.output.contains("1 of 2 host(s) cannot take part"), "\(result.tail)")
        }
        let doctor = try run(
            CommandRunner.command, ["doctor", "--hosts", "far,localhost", "--identity", server.key])
        #expect(
            doctor.output.contains("this host\n") && doctor.output.contains("2 hosts: 0 problems"),
            "\(doctor.output)")
        let refused = try run(
            CommandRunner.command, ["doctor", "--hosts", "far", "--identity", server.otherKey])
        #expect(refused.status == 1 && refused.output.contains("no answer by ssh"), "\(refused.output)")
    }
}
