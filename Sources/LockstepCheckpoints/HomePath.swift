import Foundation
import LockstepText

/// The rule for `~` at the beginning of a path, one for all: it is refused.
///
/// A shell expands it where a word begins with it, but neither behind `=` nor in a run file. Taken as it stands it would be the name of a
/// folder here.
package enum HomePath {
    /// What is wrong with a path that begins with `~`, and what to write; nil for any other.
    package static func problem(_ path: String) -> String? {
        guard path.hasPrefix("~") else { return nil }
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let isOwn = path == "~" || path.hasPrefix("~/")
        let instead = isOwn && !home.isEmpty ? home + path.dropFirst() : "the whole path"
        return
            "'~' stands for no home directory here, since no shell has expanded it; write \(instead.printable), or "
            + "./\(path.printable) for a name that begins with '~'"
    }

    /// A path of an option that begins with `~`.
    package struct Mistake: Error, CustomStringConvertible {
        /// The path, the option, and what to write.
        package let description: String
    }

    /// - Parameter option: the option or argument that the path was given by.
    package static func require(_ path: String, option: String) throws(Mistake) {
        guard let problem = problem(path) else { return }
        throw Mistake(description: "\(option) \(path.printable): \(problem).")
    }
}
