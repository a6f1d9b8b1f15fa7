import LockstepExperiment
import LockstepTraining

/// An option that is a key of the run file.
enum UnknownOption {
    /// The parser's message with the `--set` that was probably meant; nil if no key resembles the option.
    /// - Parameter message: the parser's message, with the command's usage.
    static func message(_ message: String, _ arguments: [String]) -> String? {
        let words = "Unknown option '"
        guard message.hasPrefix(words), message.contains("--set"),
            !message.contains("Did you mean") || message.contains("Did you mean '--set'"),
            let option = message.dropFirst(words.count).split(separator: "'").first.map(String.init)
        else { return nil }
        guard let hint = RunFileOption.hint(option, arguments) else { return nil }
        let lines = message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return "Unknown option '\(option)'. \(hint)" + (lines.count > 1 ? "\n\(lines[1])" : "")
    }
}
