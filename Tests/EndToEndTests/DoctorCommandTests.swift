import Foundation
import Testing

/// `lockstep doctor` on this machine and on hosts.
@Suite(.serialized) struct DoctorCommandTests {
    private let directory: TemporaryDirectory
    private let hosts: FakeHosts

    init() throws {
        directory = try TemporaryDirectory()
        hosts = try FakeHosts(directory)
    }

    private func doctor(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.command, ["doctor"] + arguments,
            environment: hosts.environment.merging(environment) { $1 }, timeout: 60)
    }

    @Test func thisMachine() throws {
        let result = try doctor(["--run-dir", directory.path("runs/first"), "--slots", "1"])
        for check in [
            "Open MPI", "processors", "binding", "threads", "shared memory", "single copy (CMA)", "network",
            "compute",
        ] {
            #expect(result.output.contains("  \(check) "), "\(check): \(result.output)")
        }
        #expect(
            result.output.contains("locks and fsync work") && result.output.contains("1 host: "),
            "\(result.output)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("runs")))
    }

    @Test func problemsAreCountedInTheStatus() throws {
        let result = try doctor(["--run-dir", "/proc/first"])
        #expect(
            result.status == 1 && result.output.contains("/proc/first cannot be written"), "\(result.output)")
        let fixed = try doctor(["--json"], environment: ["OMP_DYNAMIC": "true"])
        #expect(fixed.status == 1 && fixed.output.contains("\"check\" : \"threads\""), "\(fixed.output)")
    }

    @Test func hostsAreAskedAndCompared() throws {
        let result = try doctor(["--hosts", "localhost:1,one:1,two", "--run-dir", directory.path("run")])
        #expect(!result.output.contains("problem  "), "\(result.output)")
        #expect(
            result.output.contains("\none\n") && result.output.contains("\ntwo\n")
                && result.output.contains("3 hosts: "))
        #expect(
            result.output.components(separatedBy: "the same as on the first host; locks are shared").count
                == 3, "\(result.output)")
        #expect(result.output.components(separatedBy: " this host\n").count == 3, "\(result.output)")
        #expect(!hosts.calls.contains("localhost"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted() == [
                "agent", "agent.log", "one", "two",
            ])
    }

    @Test func aHostThatDoesNotAnswer() throws {
        try hosts.refuse("two", "root@two: Permission denied (publickey).")
        let result = try doctor(["--hosts", "one,two", "--json"])
        #expect(
            result.status == 1 && result.output.contains("no answer by ssh: root@two: Permission denied"),
            "\(result.output)")
        #expect(result.output.contains("\"problems\" : 1"))
    }

    /// What to do follows from what ssh says, also where it ends its lines as on a terminal.
    @Test func adviceFitsWhatSSHSays() throws {
        let replies = [
            "absent": (
                "ssh: Could not resolve hostname absent: Name or service not known",
                "check it, or add the host to /etc/hosts or the DNS"
            ),
            "locked": ("root@locked: Permission denied (publickey).", "put your public key into"),
            "closed": ("ssh: connect to host closed port 22: Connection refused", "Is sshd running there"),
            "off": ("ssh: connect to host off port 22: Connection timed out", "Is it up, and reachable"),
            "other": ("Host key verification failed.", "Log in by hand once (ssh other)"),
            "odd": ("kex_exchange_identification: read: Connection reset by peer", "see --ssh-port"),
        ]
        for (host, (reply, _)) in replies {
            try hosts.refuse(
                host, "Warning: Permanently added '\(host)' to the list of known hosts.\r\n\(reply)\r")
        }
        let result = try doctor(["--hosts", replies.keys.joined(separator: ","), "--json"])
        #expect(result.status == 1, "\(result.output)")
        let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let found = try #require(report?["hosts"] as? [[String: Any]], "\(result.output)")
        #expect(found.count == replies.count)
        for host in found {
            let name = try #require(host["host"] as? String)
            let (reply, advice) = try #require(replies[name])
            let finding = try #require((host["findings"] as? [[String: Any]])?.first)
            #expect(finding["message"] as? String == "no answer by ssh: \(reply)")
            let given = try #require(finding["advice"] as? String)
            #expect(given.contains(advice), "\(name): \(given)")
            #expect(name == "locked" || !given.contains("public key"), "\(name): \(given)")
        }
    }

    @Test func mistakes() throws {
        let file = try directory.write("hosts", "a slots=1\na slots=1\n")
        let result = try doctor(["--hostfile", file])
        #expect(
            result.status == 2 && result.output.contains("hosts:2: a is listed twice"), "\(result.output)")
        #expect(try doctor(["--hosts", "a", "--hostfile", file]).status != 0)
        #expect(try doctor(["--slots", "0"]).output.contains("--slots must be at least 1"))
    }
}
