import ArgumentParser
import Dispatch
import Foundation
import LockstepExperiment
import LockstepProcess
import LockstepReports
import Synchronization

/// `lockstep watch`: a running job in the terminal.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follows a run in the terminal: curves, ranks, step, throughput, time left.",
        discussion: """
            It reads the run directory only, so that the run is not affected, and works on any host that sees the directory. It \
            ends when the run ends, or with Ctrl-C. In a pipe it writes one line a second, without escape codes. NO_COLOR=1 \
            turns colors off.

            Examples:

              lockstep watch runs/fashion-mlp-20260131-120000
              lockstep watch runs/first | tee watch.log
            """)

    @Argument(help: "The directory of a run.", completion: .directory)
    var path: String

    @Option(help: ArgumentHelp("Time between two looks.", valueName: "seconds"))
    var every = 1.0

    func validate() throws {
        guard every >= 0.1, every <= 3600 else {
            throw ValidationError("--every must be from 0.1 to 3600 seconds; got \(every)")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        let screen = isTerminal ? WatchScreen(.init(environment: environment)) : nil
        let signals = WatchSignals()
        try ErrorReport.whileRunning {
            let watcher = try RunWatcher(directory: path)
            if isTerminal { try StandardStream.output.write("\u{1B}[?25l") }
            // The cursor is restored however the command ends.
            defer { if isTerminal { StandardStream.output.writeIfPossible("\u{1B}[?25h") } }
            while true {
                try watcher.look()
                try show(watcher, on: screen)
                if case .ended = watcher.state { break }
                if signals.wait(seconds: every) { break }
            }
        }
        if signals.isStopRequested { throw ExitCode(128 + SIGINT) }
    }

    private func show(_ watcher: RunWatcher, on screen: WatchScreen?) throws {
        guard let screen else {
            return try StandardStream.output.write(WatchScreen.line(watcher) + "\n")
        }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let lines = screen.lines(
            watcher, columns: isKnown ? Int(size.ws_col) : 80, rows: isKnown ? Int(size.ws_row) : 24)
        // Each line is cleared after its end, and the screen below the last: no flicker, and no remains after a resize.
        try StandardStream.output.write(
            "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J\n")
    }
}

/// The signals of a watching command: Ctrl-C ends it, a new size of the terminal redraws at once.
private final class WatchSignals {
    private let wake = DispatchSemaphore(value: 0)
    private let stop = StopFlag()
    private var sources: [any DispatchSourceSignal] = []

    /// The state shared with the signals' thread.
    private final class StopFlag: Sendable {
        let isSet = Mutex(false)
    }

    init() {
        for number in [SIGINT, SIGTERM, SIGWINCH] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [wake, stop] in
                if number != SIGWINCH { stop.isSet.withLock { $0 = true } }
                wake.signal()
            }
            source.resume()
            sources.append(source)
        }
    }

    var isStopRequested: Bool { stop.isSet.withLock { $0 } }

    /// Waits for a time, or until a signal; returns whether to stop.
    func wait(seconds: Double) -> Bool {
        _ = wake.wait(timeout: .now() + seconds)
        return isStopRequested
    }
}
