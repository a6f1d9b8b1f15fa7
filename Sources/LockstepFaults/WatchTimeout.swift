import Foundation

/// The time-out of a watchdog, from the environment.
package enum WatchTimeout {
    /// The default, in seconds.
    package static let `default` = 600.0

    /// An invalid value in the environment.
    package struct Mistake: Error, CustomStringConvertible {
        package let description: String
    }

    /// In seconds; 0 for none.
    package static func seconds(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Mistake) -> Double {
        guard let text = environment["LOCKSTEP_TIMEOUT"], !text.isEmpty else { return `default` }
        guard let seconds = Double(text), seconds >= 0, seconds.isFinite else {
            throw Mistake(
                description:
                    "LOCKSTEP_TIMEOUT must be a number of seconds, 0 for no time-out; it is '\(text)'.")
        }
        return seconds
    }
}
