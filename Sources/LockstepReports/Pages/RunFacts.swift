import Foundation
import LockstepFaults
import LockstepFiles
import LockstepRunLog
import LockstepText
import LockstepTimeline
import LockstepTraining

/// The contents of a run directory besides its curves: results, configuration, machine, ranks, and errors.
public struct RunFacts: Sendable {
    /// A fact by name.
    public typealias Fact = (name: String, value: String)

    /// The last component of the run directory.
    public let name: String
    /// How the run ended, or that it is running.
    public private(set) var state = "no summary: still running, or ended by a fault"
    /// Size, speed and end, from `summary.json`.
    public private(set) var facts: [Fact] = []
    /// The final metrics: the name, and the values for training, validation and test; empty texts for missing values.
    public private(set) var metrics: [[String]] = []
    /// Versions, processor and hosts.
    public private(set) var machine: [Fact] = []
    /// The parts of the run's time.
    public private(set) var times: [Fact] = []
    /// One row per rank.
    public private(set) var ranks: [[String]] = []
    /// The names of the columns of `ranks`.
    public static let rankColumns = [
        "rank", "host", "process", "step", "phase", "computing (s)", "restarts", "state",
    ]
    /// Lines of `train.log` with resumes, warnings and errors.
    public private(set) var events: [String] = []
    /// The rank that failed; nil if none did or if it is unknown.
    public private(set) var fault: String?
    /// `config.yaml`; nil if it does not exist.
    public private(set) var configuration: String?

    /// The maximum number of lines of `train.log` to show.
    private static let mostEvents = 200
    private static let largestFile = 1 << 26

    /// Reads a run directory. Missing files are ignored.
    public init(directory: String) {
        name = RunHistory.name(of: directory)
        configuration = Self.text(directory + "/config.yaml")
        if let text = Self.text(directory + "/summary.json"),
            let summary = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        {
            read(summary)
        }
        readRanks(directory)
        readLog(directory + "/train.log")
    }

    private static func text(_ path: String) -> String? {
        (try? SafeFile.contents(path, limit: largestFile)).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func read(_ summary: [String: Any]) {
        func number(_ key: String) -> Double? {
            summary[key] as? Double ?? (summary[key] as? Int).map(Double.init)
        }
        func whole(_ key: String) -> String? { number(key).flatMap { Int(exactly: $0) }.map { grouped($0) } }
        if let word = summary["stopped_because"] as? String {
            state = StopReason(rawValue: word)?.words ?? word
        }
        // Parsed JSON objects have no order, so the loss comes first.
        let names = summary.keys.compactMap { key in
            ["validation_", "test_"].first(where: key.hasPrefix).map { String(key.dropFirst($0.count)) }
        }
        func cell(_ key: String) -> String { number(key).map { Self.metric($0) } ?? "" }
        for name in ["loss"] + Set(names).filter({ $0 != "loss" }).sorted() {
            let training = name == "loss" ? cell("final_train_loss") : ""
            metrics.append([
                RunPlot.words(name), training, cell("validation_" + name), cell("test_" + name),
            ])
        }
        if let best = summary["best"] as? [String: Any], let metric = best["metric"] as? String,
            let value = best["value"] as? Double, let step = best["step"] as? Int
        {
            facts.append(
                (
                    "best \(metric.replacing("_", with: " "))",
                    "\(Self.metric(value)) after step \(grouped(step))"
                ))
        }
        if let step = whole("final_model_step") {
            facts.append(("final model (evaluated on the test set)", "the parameters after step \(step)"))
        }
        let epochs = number("epochs").map { trimmed($0) }
        for (name, value) in [
            ("steps", whole("steps")), ("epochs", epochs), ("parameters", whole("parameters")),
            ("ranks", whole("ranks")), ("hosts", whole("hosts")), ("shards", whole("shards")),
            ("threads per rank", whole("threads")),
            ("samples per second", number("samples_per_second").map(Self.rate)),
            ("tokens per second", number("tokens_per_second").map(Self.rate)),
        ] {
            if let value { facts.append((name, value)) }
        }
        if let seconds = number("seconds") {
            times.append(("whole run, since its start or last resume", "\(decimals(seconds, 1)) s"))
        }
        for (key, words) in [
            ("rank_seconds_minimum", "load and compute of a step, fastest rank"),
            ("rank_seconds_median", "load and compute of a step, median of ranks"),
            ("rank_seconds_maximum", "load and compute of a step, slowest rank"),
        ] {
            if let value = number(key) { times.append((words, "\(decimals(1000 * value, 2)) ms")) }
        }
        if let straggler = summary["straggler"] as? [String: Any], let rank = straggler["rank"] as? Int,
            let host = straggler["host"] as? String
        {
            times.append(("slow rank", "rank \(rank) on \(host)"))
        }
        for (key, value) in (summary["versions"] as? [String: String] ?? [:]).sorted(by: { $0.key < $1.key })
        {
            machine.append((key, value))
        }
    }

    private mutating func readRanks(_ directory: String) {
        let readings = HeartbeatFolder(run: directory).read()
        for (rank, state) in readings {
            guard let state else {
                ranks.append(["\(rank)", "", "", "", "", "", "", "heartbeat missing or damaged"])
                continue
            }
            let end =
                state.exitStatus.map { $0 == 0 ? "ended" : "ended with status \($0)" }
                ?? state.signal.map { "signal \($0)" } ?? ""
            ranks.append([
                "\(rank)", state.identity.host, "\(state.identity.process)", grouped(state.step),
                state.phase.name + (state.isWaiting ? ", waiting" : ""), decimals(state.computeSeconds, 1),
                "\(state.identity.restart)", end,
            ])
        }
        let hosts = readings.compactMap { $0.state?.identity.host }
        if !hosts.isEmpty {
            var names: [String] = []
            for host in hosts where !names.contains(host) { names.append(host) }
            machine.append(("hosts", names.joined(separator: ", ")))
        }
        if !readings.isEmpty, let report = try? FaultReport(run: directory), report.kind != .none {
            fault = report.text
        }
    }

    private mutating func readLog(_ path: String) {
        guard let log = Self.text(path) else { return }
        let marks = [
            "Resuming ", "Warning", "warning:", "error:", "Error", "Changed settings", "Stopping after",
        ]
        let lines = log.split(separator: "\n").filter { line in
            guard let place = line.firstRange(of: ": ") else { return false }
            return marks.contains { line[place.upperBound...].hasPrefix($0) }
        }
        events = lines.suffix(Self.mostEvents).map(String.init)
        if lines.count > events.count {
            events.insert("(\(lines.count - events.count) earlier lines are not shown)", at: 0)
        }
    }

    private static func metric(_ value: Double) -> String { decimals(value, abs(value) < 1000 ? 4 : 1) }

    private static func rate(_ value: Double) -> String {
        abs(value) < 1e15 ? grouped(Int(value.rounded())) : decimals(value, 0)
    }

    private func trimmed(_ value: Double) -> String {
        Int(exactly: value).map { grouped($0) } ?? decimals(value, 2)
    }
}
