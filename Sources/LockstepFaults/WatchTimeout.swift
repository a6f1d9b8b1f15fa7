import Foundation

/// The time-out of a watchdog, as the environment says it.
package enum WatchTimeout {
    /// In seconds, where nobody says another.
    package static let `default` = 600.0

    /// A value of the environment that is none.
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
