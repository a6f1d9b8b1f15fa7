import Foundation

/// The style of a run's terminal output.
public enum TerminalStyle: Sendable, Equatable {
    /// One progress bar that is redrawn, on a terminal of this width.
    case bar(columns: Int)
    /// A line of progress from time to time: in a file, a pipe, a batch job.
    case lines
    /// Nothing but warnings and errors.
    case quiet

    /// The path of the launcher's terminal, where ranks run on the same host; nil without one.
    ///
    /// mpirun's pseudo-terminal does not follow the size of the real one.
    static func device(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        environment["LOCKSTEP_TERMINAL"].flatMap { $0.hasPrefix("/dev/") ? $0 : nil }
    }

    /// Whether warnings on this process's standard output may have colors: on a terminal, unless `NO_COLOR` is set and
    /// not empty (https://no-color.org).
    public static func hasColors(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        guard case .bar = detect(environment: environment) else { return false }
        return environment["NO_COLOR"]?.isEmpty ?? true
    }

    /// The style for this process's standard output.
    ///
    /// Under mpirun the standard output of a rank is a pseudo-terminal or a pipe, whatever mpirun's is. The launcher
    /// therefore passes the width of the terminal in `LOCKSTEP_TERMINAL_COLUMNS` (0: no terminal).
    public static func detect(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> TerminalStyle {
        if let columns = environment["LOCKSTEP_TERMINAL_COLUMNS"].flatMap({ Int($0) }) {
            return columns > 0 ? .bar(columns: columns) : .lines
        }
        let isUnderLauncher = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"].contains {
            environment[$0] != nil
        }
        guard !isUnderLauncher, environment["TERM"] != "dumb", isatty(STDOUT_FILENO) == 1 else {
            return .lines
        }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return .bar(columns: isKnown ? Int(size.ws_col) : 80)
    }
}
