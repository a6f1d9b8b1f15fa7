import Foundation
import LockstepCheckpoints
import LockstepConfiguration
import LockstepTasks
import LockstepText

/// Two runs side by side, as `lockstep diff` prints them.
public struct RunComparison: Sendable {
    /// A row: a key or a result, and the values of both runs; "-" for a missing value.
    public typealias Row = (name: String, first: String, second: String)

    /// The keys of the configuration that differ.
    public let keys: [Row]
    /// Results of both runs, equal or not.
    public let figures: [Row]
    private let names: [String]

    /// The maximum length of a value, in characters; longer values are cut.
    private static let longest = 48

    /// Reads `config.yaml` and `summary.json` of both runs.
    /// - Throws: `CheckpointError.nothingToResume` if a path is not a run directory; `ConfigurationError` for a configuration that
    ///   cannot be read.
    public init(_ first: String, _ second: String) throws {
        for path in [first, second] {
            try HomePath.require(path, option: "The run directory")
            guard RunRecord.isRun(path) else {
                throw CheckpointError.nothingToResume(
                    "\(path.printable) is not a run directory: it lacks a config.yaml with a log or checkpoints. "
                        + "`lockstep runs` lists runs."
                )
            }
        }
        names = [first, second]
        let nodes = try names.map { try ConfigurationNode.file($0 + "/config.yaml") }
        keys = ConfigurationChanges.differences(nodes[0], nodes[1]).map {
            ($0.path, Self.shortened($0.old), Self.shortened($0.new))
        }
        let ends = names.map { RunRecord($0) }
        var rows: [Row] = [("status", ends[0].status.rawValue, ends[1].status.rawValue)]
        let summaries = ends.map(\.summary)
        let metrics = Set(summaries.flatMap(\.keys)).filter {
            $0.hasPrefix("validation_") || $0.hasPrefix("test_")
        }
        let figures =
            ["final_train_loss"]
            + metrics.sorted { ($0.hasPrefix("test_") ? 1 : 0, $0) < ($1.hasPrefix("test_") ? 1 : 0, $1) }
        for name in figures {
            rows.append(Self.row(name, summaries) { ($0 as? Double).map { decimals($0, 6) } })
        }
        func best(_ run: RunRecord) -> String {
            run.best.map { "\(decimals($0.value, 6)) after step \(grouped($0.step))" } ?? "-"
        }
        let watched = Set(ends.compactMap { $0.best?.metric }).sorted().joined(separator: " / ")
        if !watched.isEmpty { rows.append(("best \(watched)", best(ends[0]), best(ends[1]))) }
        rows.append(("steps", grouped(ends[0].steps), grouped(ends[1].steps)))
        for name in ["ranks", "parameters"] {
            rows.append(Self.row(name, summaries) { ($0 as? Int).map { grouped($0) } })
        }
        rows.append(Self.row("samples_per_second", summaries) { ($0 as? Double).map { decimals($0, 0) } })
        rows.append(Self.row("seconds", summaries) { ($0 as? Double).map { decimals($0, 1) } })
        rows.append(Self.row("stopped_because", summaries) { $0 as? String })
        self.figures = rows
    }

    private static func row(
        _ name: String, _ summaries: [[String: Any]], _ text: (Any) -> String?
    ) -> Row {
        func value(_ summary: [String: Any]) -> String { summary[name].flatMap(text) ?? "-" }
        return (name, value(summaries[0]), value(summaries[1]))
    }

    private static func shortened(_ text: String?) -> String {
        guard let text else { return "-" }
        return text.count <= longest ? text : "\(text.prefix(longest - 3))..."
    }

    /// Both parts as tables.
    public var text: String {
        let head = [""] + names
        let differing = keys.map { [$0.name, $0.first, $0.second] }
        let settings =
            differing.isEmpty ? "The configurations are equal.\n" : TextTable.aligned([head] + differing)
        return settings + "\n" + TextTable.aligned([head] + figures.map { [$0.name, $0.first, $0.second] })
    }
}
