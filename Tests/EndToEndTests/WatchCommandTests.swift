import Foundation
import LockstepTesting
import Testing

/// `lockstep watch` beside a run.
@Suite(.serialized) struct WatchCommandTests {
    private let small: SmallRun
    private var directory: TemporaryDirectory { small.directory }
    private var file: String { small.file }
    private var run: String { small.path }

    init() throws {
        small = try SmallRun(
            """
            max_steps: 1000000
            time_limit: 4s
            log_every_steps: 100
            """)
    }

    /// A shell that trains in the background and runs `command` once the run has begun.
    private func beside(_ command: String) throws -> CommandResult {
        let script = """
            "$0" train "$1" --run-dir "$2" >/dev/null 2>&1 &
            until [ -s "$2/metrics.jsonl" ]; do sleep 0.1; done
            \(command)
            status=$?
            wait
            exit $status
            """
        return try CommandRunner.run(
            "/bin/bash", ["-c", script, CommandRunner.command, file, run],
            environment: ["TERM": "xterm", "LANG": "C.UTF-8"])
    }

    @Test func aPipeGetsLinesUntilTheRunEnds() throws {
        let result = try beside("\"$0\" watch \"$2\" --every 0.2")
        #expect(result.status == 0, "\(result.tail)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count > 2 && lines.allSatisfy { $0.hasPrefix("step ") }, "\(lines)")
        #expect(
            lines.last.map { $0.hasSuffix("  ended") && $0.contains("/1,000,000  epoch ") } == true,
            "\(lines)")
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test func aTerminalIsDrawnAndLeftAsItWas() throws {
        // A new size in the middle: the lines after it are no longer than the new width.
        let result = try beside(
            "script -qefc \"stty cols 60 rows 24; exec 3<&0; (sleep 1; stty cols 40 rows 18 <&3) & "
                + "exec '$0' watch '$2' --every 0.3\" /dev/null")
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("\u{1B}[?25l") && result.output.contains("\u{1B}[?25h"))
        let last = result.output.components(separatedBy: "\u{1B}[H").last ?? ""
        let lines = last.replacing(#/\u{1B}\[[0-9;?]*[a-zA-Z]/#, with: "").split(separator: "\r\n")
        #expect(lines.count < 18 && lines.allSatisfy { $0.count <= 40 }, "\(lines)")
        #expect(last.contains("rank 0 on ") && last.contains("loss"))
        #expect(last.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    }

    @Test func anInterruptEndsItAtOnce() throws {
        let result = try beside("timeout --preserve-status -s INT 1 \"$0\" watch \"$2\"")
        #expect(result.status == 130 && !result.output.contains("ended"), "\(result.tail)")
    }

    @Test func aFinishedRunIsShownOnce() throws {
        #expect(try beside("true").status == 0)
        let result = try CommandRunner.lockstep(ranks: 1, ["watch", run])
        #expect(result.status == 0 && result.output.split(separator: "\n").count == 1, "\(result.tail)")
        #expect(try CommandRunner.lockstep(ranks: 1, ["watch", directory.path("no")]).status == 2)
    }
}
