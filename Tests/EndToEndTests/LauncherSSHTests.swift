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
        try run(
            CommandRunner.launcher,
            ["-n", "2", "-H", hosts] + options + ["/bin/sh", "-c", "echo rank $OMPI_COMM_WORLD_RANK runs"])
    }

    @Test func runsOverSSH() throws {
        let result = try launch("far,localhost", ["--identity", server.key])
        #expect(result.status == 0 && !result.timedOut, "\(result.tail)")
        for rank in 0..<2 { #expect(result.output.contains("rank \(rank) runs\n"), "\(result.output)") }
    }

    @Test func refusesWhatItCannotReach() throws {
        let bad: [(String, [String], String)] = [
            (
                "far,localhost", ["--identity", server.otherKey],
                "host far cannot be reached by ssh: .*Permission denied.*--identity"
            ),
            (
                "far,localhost", ["--identity", server.key, "--ssh-port", "1"],
                "host far cannot be reached by ssh: .*onnection refused.*--ssh-port"
            ),
            (
                "localhost,no-such-host.invalid", ["--identity", server.key],
                "host no-such-host.invalid cannot be reached by ssh: .*not resolve hostname.*Is its name right"
            ),
        ]
        for (hosts, options, message) in bad {
            let result = try launch(hosts, options)
            #expect(result.status == 2 && !result.output.contains("runs"), "\(result.tail)")
            let told = result.output.split(separator: "\n").filter { $0.hasPrefix("launch: ") }
            #expect(told.count == 2, "one message, and that nothing was started: \(result.output)")
            #expect(
                result.output.range(of: message, options: .regularExpression) != nil, "\(result.output)")
            #expect(result.output.contains("1 of 2 host(s) cannot take part"), "\(result.output)")
        }
    }

    @Test func theDoctorAsksOverSSH() throws {
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
