import Foundation
import LockstepText
import LockstepTimeline

/// Which ranks are to blame for the end of a job, and where all of them were.
public struct FaultReport: Codable, Equatable, Sendable {
    /// How it was found out.
    public enum Kind: String, Codable, Sendable {
        /// Ranks made no progress for the time-out.
        case hung
        /// Another rank could not be reached.
        case communication
        /// Ranks are gone, or failed; found after the end.
        case ended
        /// No rank failed.
        case none
    }

    /// How it was found out.
    public var kind: Kind
    /// What happened, in one line.
    public var summary: String
    /// The ranks to blame.
    package var culprits: [RankFault]
    /// The others.
    package var others: [RankFault]
    /// Whether the rank that wrote it has shown it on its standard error output; nil where no rank wrote it.
    public package(set) var isTold: Bool?

    package enum CodingKeys: String, CodingKey {
        case kind, summary, culprits, others
        case isTold = "told"
    }

    /// The report as text: a line for the whole, then each culprit, then the others in short.
    public var text: String { text(withErrors: true) }

    /// The same, without the culprits' errors where the reader has seen them already. What a rank that was killed, or crashed, said last
    /// is none: it may not have reached the terminal.
    public func text(withErrors: Bool) -> String {
        var lines = [summary]
        lines += culprits.map { $0.lines(withErrors: withErrors) }
        let shown = others.prefix(8)
        if !shown.isEmpty {
            lines.append(culprits.isEmpty ? "  all ranks:" : "  the other ranks:")
            for other in shown {
                let age = other.seconds.map { ", last heartbeat \(RankFault.text($0)) s ago" } ?? ""
                lines.append("    \(other.name): \(other.place)\(age); \(other.fate)")
            }
        }
        if others.count > shown.count { lines.append("    and \(others.count - shown.count) more") }
        return lines.joined(separator: "\n").printableLines
    }

    /// The report as JSON, with an end of line.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// The names of ranks for a sentence.
    static func names(_ ranks: [RankFault]) -> String {
        let shown = ranks.prefix(4).map(\.name).joined(separator: ", ")
        return ranks.count > 4 ? "\(shown) and \(ranks.count - 4) more" : shown
    }
}
