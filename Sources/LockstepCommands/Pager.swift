import Foundation
import LockstepProcess

/// Shows a long text on a terminal page by page, with the program that `PAGER` names or else `less`.
enum Pager {
    /// The size of the terminal of the standard output; nil if that is not a terminal.
    static var terminal: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
            size.ws_row > 0
        else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows a text: at once where it fits on the terminal, where there is none, and where `PAGER` is empty or `cat`.
    static func show(_ text: String) throws {
        let environment = ProcessInfo.processInfo.environment
        let command = environment["PAGER"] ?? "less"
        guard let terminal, environment["TERM"] != "dumb", !["", "cat"].contains(command),
            text.count(where: { $0 == "\n" }) >= terminal.rows, run(command, text)
        else { return try ErrorReport.print(text) }
    }

    /// Runs the pager, which reads keys from the terminal.
    /// - Returns: whether it could be run.
    private static func run(_ command: String, _ text: String) -> Bool {
        // As git has it: end at the end of the text, keep colors, leave the screen as it is.
        setenv("LESS", "FRX", 0)
        // The shell would report a program that does not exist.
        let name = command.split(separator: " ").first.map(String.init) ?? command
        let check = "command -v -- '\(name.replacing("'", with: "'\\''"))' >/dev/null 2>&1"
        guard system(check) == 0, let pipe = popen(command, "w") else { return false }
        // A reader that has ended before the end of the text is no error, and Ctrl-C is for the pager.
        let interrupt = signal(SIGINT, SIG_IGN)
        let broken = signal(SIGPIPE, SIG_IGN)
        defer {
            signal(SIGINT, interrupt)
            signal(SIGPIPE, broken)
        }
        fputs(text, pipe)
        return pclose(pipe) != -1
    }
}
