import Foundation
import LockstepTesting
import Testing

/// What `lockstep train` and `lockstep keys` show on terminals and in pipes.
@Suite(.serialized) struct TerminalTests {
    private let small: SmallRun
    private var directory: TemporaryDirectory { small.directory }
    private var file: String { small.file }

    init() throws {
        small = try SmallRun(
            """
            max_steps: 1000000
            time_limit: 2s
            log_every_steps: 1
            schedule: {constant: {warmup_steps: 2000000}}
            evaluate: {every_epochs: none}
            """)
    }

    /// Runs a shell's command on a terminal of 110 columns.
    private func onTerminal(_ command: String, _ environment: [String: String] = [:]) throws -> CommandResult
    {
        try CommandRunner.run(
            "/usr/bin/script", ["-qefc", "stty cols 110 rows 24; exec 3<&0; \(command)", "/dev/null"],
            environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
    }

    private func train(_ options: String = "") -> String {
        "'\(CommandRunner.command)' train '\(file)' --run-dir '\(directory.path("run"))' \(options)"
    }

    /// One line that follows the width of the terminal and is gone at the end.
    @Test func theLiveLineFollowsTheTerminal() throws {
        let result = try onTerminal("(sleep 1; stty cols 50 <&3) & exec \(train())")
        #expect(result.status == 0, "\(result.tail)")
        let bars = result.output.split(separator: #/\r\u{1B}\[(?:K|\d+A\u{1B}\[J)/#).filter {
            $0.hasPrefix("epoch ")
        }
        #expect(bars.contains { (60..<110).contains($0.count) && $0.contains("] ") }, "\(bars)")
        let last = try #require(bars.last { !$0.contains("\n") })
        #expect(last.count < 50 && last.contains(" loss "), "\(last)")
        #expect(result.output.contains("\r\u{1B}[K\r\n          "), "\(result.tail)")
        #expect(result.output.contains("\r\nTo continue:\r\n"), "\(result.tail)")
        // The warm-up's warning has a color.
        #expect(result.output.contains("\u{1B}[33mWarning: the warm-up"))
    }

    @Test func noColorAndVerbose() throws {
        let result = try onTerminal(train("--verbose --set max_steps=200"), ["NO_COLOR": "1"])
        #expect(result.status == 0, "\(result.tail)")
        #expect(!result.output.contains("\u{1B}") && result.output.contains("Warning: the warm-up"))
        #expect(result.output.matches(of: #/step \d+\/200 /#).count == 200)
    }

    /// A pipe gets about a line a second, and metrics.jsonl every step.
    @Test func aPipeIsNotFlooded() throws {
        let result = try CommandRunner.run(
            CommandRunner.command, ["train", file, "--run-dir", directory.path("run")])
        #expect(result.status == 0, "\(result.tail)")
        #expect(!result.output.contains("\u{1B}"))
        let lines = result.output.split(separator: "\n").filter { $0.contains(" step ") }
        #expect((2...20).contains(lines.count), "\(lines)")
        let metrics = try String(contentsOfFile: directory.path("run/metrics.jsonl"), encoding: .utf8)
        #expect(metrics.count { $0 == "\n" } > 100)
        let quiet = try CommandRunner.run(
            CommandRunner.command,
            ["train", file, "--run-dir", directory.path("quiet"), "--quiet", "--set", "max_steps=20"])
        let words = quiet.output.split(separator: "\n")
        #expect(quiet.status == 0 && words.allSatisfy { $0.hasPrefix("Warning: ") }, "\(quiet.tail)")
    }

    /// `keys` is paged on a terminal by the program that PAGER names, and fits its width.
    @Test func keysArePaged() throws {
        let command = "'\(CommandRunner.command)' keys"
        let paged = try onTerminal(command, ["PAGER": "sed s/^/./"])
        let lines = paged.output.split(separator: "\r\n")
        #expect(paged.status == 0 && lines.count > 100 && lines.allSatisfy { $0.hasPrefix(".") })
        #expect(lines.count { $0.count > 111 } < 5, "\(lines.filter { $0.count > 111 })")
        for pager in ["cat", "", "no-such-pager"] {
            let plain = try onTerminal(command, ["PAGER": pager])
            #expect(plain.output == paged.output.replacing("\r\n.", with: "\r\n").dropFirst(), "\(pager)")
        }
        // Few keys fit on the terminal.
        let few = try onTerminal("\(command) clip", ["PAGER": "false"])
        #expect(few.status == 0 && few.output.contains("clip"), "\(few.tail)")
    }
}
