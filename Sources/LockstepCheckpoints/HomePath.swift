import Foundation
import LockstepText

/// The rule for paths that begin with `~`: they are refused.
///
/// A shell expands `~` at the beginning of a word, but neither after `=` nor in a run file. Unexpanded, it would name
/// a folder in the current directory.
package enum HomePath {
    /// The problem of a path that begins with `~`, and what to write instead; nil for any other path.
    package static func problem(_ path: String) -> String? {
        guard path.hasPrefix("~") else { return nil }
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let isOwn = path == "~" || path.hasPrefix("~/")
        let instead = isOwn && !home.isEmpty ? home + path.dropFirst() : "the whole path"
        return
            "'~' does not name the home directory here, since no shell has expanded it; write \(instead.printable), or "
            + "./\(path.printable) for a name that begins with '~'"
    }

    /// An option's path that begins with `~`.
    package struct Mistake: Error, CustomStringConvertible {
        /// The path, the option, and what to write.
        package let description: String
    }

    /// - Parameter option: the option or argument that gave the path.
    package static func require(_ path: String, option: String) throws(Mistake) {
        guard let problem = problem(path) else { return }
        throw Mistake(description: "\(option) \(path.printable): \(problem).")
    }
}
