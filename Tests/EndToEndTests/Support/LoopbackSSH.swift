import Foundation

/// An sshd of the test's own on the loopback, reached as the host `far`, with its own keys; ended with the object.
final class LoopbackSSH {
    /// Why there is none here; nil when there can be one.
    static var obstacle: String? {
        for program in ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"]
        where !FileManager.default.isExecutableFile(atPath: program) {
            return "\(program) is missing (Debian: openssh-server, openssh-client)"
        }
        return nil
    }

    /// ssh's configuration file, which knows `far`.
    let configuration: String
    /// The key that may log in.
    let key: String
    /// A key that may not.
    let otherKey: String
    private let server: pid_t

    struct Failure: Error {
        var message: String
    }

    init(_ directory: TemporaryDirectory) throws {
        for name in ["host", "key", "other"] {
            let made = try CommandRunner.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory.path(name)])
            guard made.status == 0 else { throw Failure(message: made.output) }
        }
        key = directory.path("key")
        otherKey = directory.path("other")
        try FileManager.default.copyItem(atPath: key + ".pub", toPath: directory.path("authorized"))
        let port = 20_000 + Int(getpid()) % 20_000
        let settings = try directory.write(
            "sshd_config",
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(directory.path("host"))
            AuthorizedKeysFile \(directory.path("authorized"))
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PidFile none

            """)
        configuration = try directory.write(
            "config",
            """
            Host far
              HostName 127.0.0.1
              HostKeyAlias far
              StrictHostKeyChecking no
              UserKnownHostsFile \(directory.path("known"))
              Port \(port)

            """)
        // sshd as root wants this directory, which a boot makes.
        try? FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        // Started by a shell and not by `Process`, so that it inherits neither the signals that test threads block (without SIGCHLD
        // sshd never sees that a command has ended, and ssh waits for ever) nor descriptors. It ends also when the test cannot end it.
        let log = directory.path("sshd.log")
        let start =
            "timeout 300 /usr/sbin/sshd -D -f \(settings) -E \(log) </dev/null >/dev/null 2>&1 & echo $!"
        let started = try CommandRunner.run("/bin/bash", ["-c", start], timeout: 30)
        guard let process = pid_t(started.output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure(message: started.output)
        }
        server = process
        let deadline = Date().addingTimeInterval(20)
        var said = ""
        while !said.contains("Server listening") {
            guard Date() < deadline else {
                kill(server, SIGTERM)
                throw Failure(message: "sshd does not come up: \(said)")
            }
            usleep(50_000)
            said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        }
    }

    // timeout hands it on to sshd.
    deinit { kill(server, SIGTERM) }
}
