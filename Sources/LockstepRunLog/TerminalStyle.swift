import Foundation

/// The style of a run's terminal output.
public enum TerminalStyle: Sendable, Equatable {
    /// One progress bar that is redrawn, on a terminal of this width.
    case bar(columns: Int)
    /// A line for every logged step: in a file, a pipe, a batch job.
    case lines
    /// Nothing but warnings and errors.
    case quiet

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
