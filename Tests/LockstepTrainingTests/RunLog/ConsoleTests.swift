import Foundation
import LockstepRunLog
import LockstepTraining
import Logging
import Testing

@Suite struct ConsoleTests {
    @Test func linesGoToTerminalAndLog() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor, log: folder.path("train.log"))
            console.write("one\ntwo")
            console.note("only in the log")
            console.warn("careful")
        }
        #expect(terminal == "one\ntwo\ncareful\n")
        let lines = try folder.lines("train.log")
        #expect(lines.count == 5)
        let stamp = #/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z rank 0: /#
        #expect(try lines.dropLast().allSatisfy { try stamp.firstMatch(in: $0) != nil })
        #expect(
            lines.map { $0.replacing(stamp, with: "") } == ["one", "two", "only in the log", "careful", ""])
    }

    /// Lines may quote files: what would steer the terminal is escaped, there and in the log.
    @Test func linesSteerNoTerminal() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor, log: folder.path("train.log"))
            console.write("a\u{1B}[2J")
            console.warn("b\tc\r\u{7F}\nd")
            console.note("e\u{9B}31m")
        }
        #expect(terminal == "a\\u{1B}[2J\nb\tc\\u{D}\\u{7F}\nd\n")
        #expect(try folder.text("train.log").hasSuffix(" rank 0: e\\u{9B}31m\n"))
    }

    /// Only warnings have colors, and only on the terminal.
    @Test func warningsAreColored() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(
                style: .bar(columns: 80), terminal: descriptor, log: folder.path("train.log"), isColored: true
            )
            console.write("plain")
            console.warn("careful")
        }
        #expect(terminal == "plain\n\u{1B}[33mcareful\n\u{1B}[0m")
        #expect(try !folder.text("train.log").contains("\u{1B}"))
        let columns = ["LOCKSTEP_TERMINAL_COLUMNS": "80"]
        #expect(TerminalStyle.hasColors(environment: columns))
        #expect(TerminalStyle.hasColors(environment: columns.merging(["NO_COLOR": ""]) { $1 }))
        #expect(!TerminalStyle.hasColors(environment: columns.merging(["NO_COLOR": "1"]) { $1 }))
        #expect(!TerminalStyle.hasColors(environment: ["LOCKSTEP_TERMINAL_COLUMNS": "0"]))
    }

    @Test func otherRanksSpeakOnlyInNeed() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(
                style: .lines, rank: 2, terminal: descriptor, log: folder.path("train.log"))
            console.write("quiet")
            console.warn("loud")
        }
        #expect(terminal == "rank 2: loud\n")
        #expect(
            try folder.lines("train.log").map { String($0.drop { $0 != " " }) } == [
                " rank 2: quiet", " rank 2: loud", "",
            ])
    }

    @Test func ranksShareALog() throws {
        let folder = try RunLogFolder()
        let consoles = try (0..<3).map { try Console(style: .quiet, rank: $0, log: folder.path("train.log")) }
        for line in 0..<20 { consoles[line % 3].write("line \(line)") }
        let lines = try folder.lines("train.log").dropLast()
        for (index, line) in lines.enumerated() {
            #expect(line.hasSuffix(" rank \(index % 3): line \(index)"))
        }
        #expect(lines.count == 20)
    }

    @Test func failuresAreKept() throws {
        let console = try Console(style: .quiet, log: "/dev/full")
        #expect(console.logFailure == nil)
        console.write("x")
        #expect(console.logFailure?.code == ENOSPC)
        #expect(throws: RunLogError.self) { try Console(style: .lines, log: "/dev/null/train.log") }
    }

    @Test func logMessages() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor, log: folder.path("train.log"))
            var logger = Logger(label: "test") { _ in RunLogHandler(console) }
            logger[metadataKey: "b"] = "2"
            logger.logLevel = .debug
            logger.info("told")
            logger.warning("warned", metadata: ["a": "1"])
            logger.debug("hidden")
            logger.trace("dropped")
        }
        #expect(terminal == "told (b=2)\nwarning: warned (a=1, b=2)\n")
        #expect(try folder.lines("train.log").count == 4)
        #expect(try folder.text("train.log").contains("rank 0: debug: hidden (b=2)\n"))
    }

    @Test func styles() {
        #expect(TerminalStyle.detect(environment: ["LOCKSTEP_TERMINAL_COLUMNS": "120"]) == .bar(columns: 120))
        #expect(TerminalStyle.detect(environment: ["LOCKSTEP_TERMINAL_COLUMNS": "0"]) == .lines)
        #expect(TerminalStyle.detect(environment: ["OMPI_COMM_WORLD_SIZE": "2"]) == .lines)
        #expect(TerminalStyle.detect(environment: ["TERM": "dumb"]) == .lines)
    }
}
