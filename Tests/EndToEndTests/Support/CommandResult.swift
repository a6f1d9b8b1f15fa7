import Foundation

/// What a finished command left behind.
struct CommandResult: Sendable {
    /// The exit status; 128 + n when signal n ended it.
    var status: Int32
    /// Standard output and standard error, as they came.
    var output: String
    /// Whether the time limit ended it.
    var timedOut: Bool

    /// The last lines, for messages.
    var tail: String { output.split(separator: "\n").suffix(12).joined(separator: "\n") }

    /// How many ranks have told an error with these words; the launcher's report of a job's end is none.
    func errors(_ words: String) -> Int {
        output.split(separator: "\n").count { $0.hasPrefix("lockstep: ") && $0.contains(words) }
    }
}
