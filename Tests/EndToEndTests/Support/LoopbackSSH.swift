import Foundation

/// An sshd of the test's own on the loopback, reached as the host `far`, with its own keys.
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
    /// The port of sshd.
    let port: Int
    private let server: Process

    init(_ directory: TemporaryDirectory) throws {
        for name in ["host", "key", "other"] {
            let made = try CommandRunner.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory.path(name)])
            guard made.status == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
        key = directory.path("key")
        otherKey = directory.path("other")
        try FileManager.default.copyItem(atPath: key + ".pub", toPath: directory.path("authorized"))
        port = 20_000 + Int(getpid()) % 20_000
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
        server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/sbin/sshd")
        server.arguments = ["-D", "-f", settings, "-E", directory.path("sshd.log")]
        server.standardInput = FileHandle.nullDevice
        try server.run()
        let deadline = Date().addingTimeInterval(10)
        while !isListening && server.isRunning && Date() < deadline { usleep(50_000) }
    }

    deinit { server.terminate() }

    /// Whether sshd has said that it listens.
    private var isListening: Bool {
        let log = server.arguments?.last.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        return log?.contains("Server listening") == true
    }
}
