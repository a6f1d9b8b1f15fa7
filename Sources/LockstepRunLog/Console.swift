import Foundation
import LockstepCheckpoints
import LockstepText
import LockstepTimeline
import Synchronization

/// The output of a run: the terminal, and `train.log` with time and rank.
///
/// On the terminal only rank 0 writes, except for warnings and errors, which name their rank; `train.log` has the lines
/// of all ranks, each written by one system call. Any thread may write.
public final class Console: Sendable {
    private struct State {
        var line = TextBuffer()
        var bar = TextBuffer()
        var isBarShown = false
        var logFailure: RunLogError?
    }

    /// The style of the terminal output.
    public let style: TerminalStyle
    /// The rank.
    public let rank: Int
    private let terminal: Int32
    private let width: TerminalWidth
    private let isColored: Bool
    private let log: AppendFile?
    private let heartbeat: Heartbeat?
    private let state = Mutex(State())

    /// Makes a console.
    /// - Parameters:
    ///   - terminal: the file descriptor of the terminal.
    ///   - log: the path of `train.log`; nil for none.
    ///   - isColored: whether warnings on the terminal are colored.
    ///   - heartbeat: what keeps the last message of this rank.
    /// - Throws: `RunLogError` when the log cannot be opened.
    public init(
        style: TerminalStyle, rank: Int = 0, terminal: Int32 = STDOUT_FILENO, log: String? = nil,
        isColored: Bool = false, heartbeat: Heartbeat? = nil
    ) throws {
        self.isColored = isColored
        self.heartbeat = heartbeat
        self.style = style
        self.rank = rank
        self.terminal = terminal
        if case .bar(let columns) = style, rank == 0 {
            width = TerminalWidth(terminal, initial: columns, device: TerminalStyle.device())
        } else {
            width = TerminalWidth(terminal, initial: 80)
        }
        self.log = try log.map { try AppendFile($0, endsLine: rank == 0) }
    }

    /// The present width of the terminal.
    package var columns: Int { width.columns }

    /// The first failure to write to `train.log`. A run continues without its terminal, but not without its log.
    public var logFailure: RunLogError? { state.withLock { $0.logFailure } }

    /// Writes lines: to the terminal on rank 0 only.
    public func write(_ text: String) {
        var buffer = TextBuffer()
        buffer.append(text.printableLines)
        write(buffer, toTerminal: rank == 0 && style != .quiet)
    }

    /// Writes a warning or an error: to the terminal on every rank, with its number where it is not 0.
    public func warn(_ text: String) {
        var buffer = TextBuffer()
        buffer.append(text.printableLines)
        write(buffer, toTerminal: true, isWarning: true)
    }

    /// Writes lines to `train.log` alone.
    public func note(_ text: String) {
        var buffer = TextBuffer()
        buffer.append(text.printableLines)
        write(buffer, toTerminal: false)
    }

    package func write(_ text: borrowing TextBuffer, toTerminal: Bool, isWarning: Bool = false) {
        if let heartbeat { text.withBytes { heartbeat.say($0) } }
        state.withLock { state in
            if let log {
                state.line.clear()
                Self.lines(of: text, into: &state.line) { Self.prefix(of: rank, into: &$0) }
                do {
                    try state.line.withBytes { try log.append($0) }
                } catch {
                    if state.logFailure == nil { state.logFailure = error as? RunLogError }
                }
            }
            if toTerminal {
                state.line.clear()
                if state.isBarShown { clearBar(&state) }
                // Yellow, in every theme of a terminal.
                if isWarning, isColored { state.line.append("\u{1B}[33m") }
                Self.lines(of: text, into: &state.line) { line in
                    guard rank != 0 else { return }
                    line.append("rank ")
                    line.append(rank)
                    line.append(": ")
                }
                if isWarning, isColored { state.line.append("\u{1B}[0m") }
                if state.isBarShown { state.line.append(state.bar) }
                try? state.line.withBytes { try LockstepRunLog.write($0, to: terminal, "the terminal") }
            }
        }
    }

    /// Redraws the progress bar; nil removes it.
    package func show(bar: TextBuffer?) {
        state.withLock { state in
            state.line.clear()
            if state.isBarShown { clearBar(&state) }
            state.bar.clear()
            if let bar { state.bar.append(bar) }
            state.line.append(state.bar)
            state.isBarShown = bar != nil
            try? state.line.withBytes { try LockstepRunLog.write($0, to: terminal, "the terminal") }
        }
    }

    /// Appends what removes the bar. A terminal that has become narrower has wrapped the bar: then it has several rows.
    private func clearBar(_ state: inout State) {
        let rows = max(0, state.bar.bytes.count - 1) / max(1, columns)
        state.line.append("\r")
        if rows > 0 {
            state.line.append("\u{1B}[")
            state.line.append(rows)
            state.line.append("A\u{1B}[J")
        } else {
            state.line.append("\u{1B}[K")
        }
    }

    /// Copies a text line by line, each with a prefix and an end of line.
    private static func lines(
        of text: borrowing TextBuffer, into line: inout TextBuffer, prefix: (inout TextBuffer) -> Void
    ) {
        prefix(&line)
        for (index, byte) in text.bytes.enumerated() {
            line.append(byte: byte)
            if byte == UInt8(ascii: "\n"), index + 1 < text.bytes.count { prefix(&line) }
        }
        if text.bytes.last != UInt8(ascii: "\n") { line.append("\n") }
    }

    /// The prefix of every line of train.log.
    private static func prefix(of rank: Int, into line: inout TextBuffer) {
        time(into: &line)
        line.append(" rank ")
        line.append(rank)
        line.append(": ")
    }

    /// A text as written to train.log.
    package static func logText(_ text: String, rank: Int) -> String {
        var (buffer, line) = (TextBuffer(), TextBuffer())
        buffer.append(text)
        lines(of: buffer, into: &line) { prefix(of: rank, into: &$0) }
        return String(decoding: line.bytes, as: UTF8.self)
    }

    /// The time of day as `2026-01-31T23:59:59.123Z`.
    private static func time(into line: inout TextBuffer) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func append(_ separator: StaticString, _ value: Int, _ width: Int = 2) {
            line.append(separator)
            line.append(value, width: width)
        }
        append("", Int(parts.tm_year) + 1900, 4)
        append("-", Int(parts.tm_mon) + 1)
        append("-", Int(parts.tm_mday))
        append("T", Int(parts.tm_hour))
        append(":", Int(parts.tm_min))
        append(":", Int(parts.tm_sec))
        append(".", now.tv_nsec / 1_000_000, 3)
        line.append("Z")
    }
}
