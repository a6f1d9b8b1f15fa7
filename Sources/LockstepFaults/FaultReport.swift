import Foundation
import LockstepText
import LockstepTimeline

/// The ranks that caused the end of a job, and the position of every rank.
public struct FaultReport: Codable, Equatable, Sendable {
    /// How the fault was detected.
    public enum Kind: String, Codable, Sendable {
        /// Ranks made no progress for the time-out.
        case hung
        /// Another rank could not be reached.
        case communication
        /// Ranks have ended or failed; detected after the end of the job.
        case ended
        /// No rank failed.
        case none
    }

    /// How the fault was detected.
    public var kind: Kind
    /// What happened, in one line.
    public var summary: String
    /// The ranks to blame.
    package var culprits: [RankFault]
    /// The others.
    package var others: [RankFault]
    /// Whether the rank that wrote the report printed it to its standard error; nil if no rank wrote it.
    public package(set) var isPrinted: Bool?

    package enum CodingKeys: String, CodingKey {
        case kind, summary, culprits, others
        case isPrinted = "told"
    }

    /// The report as text: a summary line, then the culprits, then the other ranks in short form.
    public var text: String { text(withErrors: true) }

    /// The same; `withErrors` false leaves out errors of culprits that the reader has already seen. The last
    /// message of a killed or crashed rank is not an error and is always included: it may not have reached
    /// the terminal.
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

    /// The report as JSON, with a newline at the end.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// The names of ranks, to be used in a sentence.
    static func names(_ ranks: [RankFault]) -> String {
        let shown = ranks.prefix(4).map(\.name).joined(separator: ", ")
        return ranks.count > 4 ? "\(shown) and \(ranks.count - 4) more" : shown
    }
}
