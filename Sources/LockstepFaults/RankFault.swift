import Foundation
import LockstepTimeline

/// One rank in a fault report.
package struct RankFault: Codable, Equatable, Sendable {
    package var rank: Int
    package var host: String?
    package var process: Int?
    /// The step's number from 1 on; 0 before the first.
    package var step: Int?
    package var phase: String?
    package var isWaiting: Bool?
    /// The bucket that was being exchanged between hosts.
    package var bucket: Int?
    /// The time since the rank's last heartbeat, in seconds.
    package var seconds: Double?
    /// What happened to the rank, as a phrase.
    package var fate: String
    /// The last log line, or the rank's error.
    package var message: String?
    /// Whether the message is the rank's own error, which the rank prints before it exits.
    package var isOwnError: Bool?

    package enum CodingKeys: String, CodingKey {
        case rank, host, process, step, phase
        case isWaiting = "waiting"
        case bucket, seconds, fate, message
        case isOwnError = "own_error"
    }

    /// - Parameter seconds: the time since the last heartbeat.
    init(rank: Int, state: HeartbeatState?, seconds: Double?, fate: String) {
        self.rank = rank
        self.fate = fate
        guard let state else { return }
        host = state.identity.host
        process = Int(state.identity.process)
        step = state.step
        phase = state.phase.name
        isWaiting = state.isWaiting
        bucket = state.bucket
        self.seconds = seconds
        let text = state.message.trimmingCharacters(in: .whitespacesAndNewlines)
        message = text.isEmpty ? nil : text
        isOwnError = message == nil ? nil : state.failure == .own
    }

    /// Rank and host.
    package var name: String { "rank \(rank)" + (host.map { " on \($0)" } ?? "") }

    /// Step, phase and bucket.
    package var place: String {
        guard let step, let phase else { return "no heartbeat" }
        let waiting = isWaiting == true && phase != RankPhase.wait.name ? " (waiting for other ranks)" : ""
        let moment = step == 0 ? "before the first step" : "step \(step)"
        return "\(moment), phase \(phase)\(waiting), bucket \(bucket.map(String.init) ?? "none")"
    }

    /// One line with all fields, followed by the last message.
    /// - Parameter withErrors: whether to repeat an error that the rank has already printed.
    package func lines(withErrors: Bool = true) -> String {
        var line = "  \(name)" + (process.map { ", process \($0)" } ?? "") + ": \(place)"
        if let seconds { line += ", last heartbeat \(RankFault.text(seconds)) s ago" }
        line += "; \(fate)"
        guard let message else { return line + "\n    no message" }
        guard withErrors || isOwnError != true else { return line }
        return line + "\n    last message: " + message.replacingOccurrences(of: "\n", with: "\n      ")
    }

    /// Seconds with one decimal.
    package static func text(_ seconds: Double) -> String {
        String(format: "%.1f", locale: Locale(identifier: "en_US_POSIX"), seconds)
    }
}
