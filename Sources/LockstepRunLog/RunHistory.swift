import Foundation
import LockstepFiles

/// The logged numbers of a run as columns, steps and evaluations separately.
public struct RunHistory: Sendable {
    /// The horizontal axis of curves.
    public enum Axis: String, Sendable, CaseIterable {
        /// The number of steps.
        case step
        /// The number of samples seen.
        case samples
        /// The time in seconds, the parts of a resumed run added up.
        case seconds
    }

    /// The run directory.
    public let directory: String
    /// The records of steps.
    public let steps: [MetricsRecord]
    /// The records of evaluations.
    public let evaluations: [MetricsRecord]
    /// The number of lines that are not records.
    public let unreadable: Int
    /// The step after which the run ended, and the one whose parameters were tested; nil where they are the same.
    private let finalModel: (end: Int, step: Int)?
    /// The seconds of each step's record since the start of the first part of the run.
    private let seconds: [Double]

    /// Reads a run directory.
    /// - Throws: `FileError` when `metrics.jsonl` cannot be read.
    public init(directory: String) throws(FileError) {
        let reader = MetricsReader(run: directory)
        try reader.poll()
        self.init(
            directory: directory, records: reader.records, unreadable: reader.unreadable,
            finalModel: Self.finalModel(of: directory))
    }

    /// What `summary.json` has about `early_stopping.restore_best`.
    private static func finalModel(of directory: String) -> (end: Int, step: Int)? {
        guard let bytes = try? SafeFile.contents("\(directory)/summary.json", limit: 1 << 26),
            let summary = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let end = summary["steps"] as? Int, let step = summary["final_model_step"] as? Int
        else { return nil }
        return (end, step)
    }

    package init(
        directory: String, records: [MetricsRecord], unreadable: Int = 0,
        finalModel: (end: Int, step: Int)? = nil
    ) {
        self.finalModel = finalModel
        self.directory = directory
        self.unreadable = unreadable
        evaluations = records.filter(\.isEvaluation)
        steps = records.filter { !$0.isEvaluation }
        // Each part of a resumed run counts its seconds from 0.
        var (before, last) = (0.0, 0.0)
        seconds = steps.map { record in
            let now = record["seconds"] ?? last
            if now < last { before += last }
            last = now
            return before + now
        }
    }

    /// The last component of the directory: the run's name.
    public var name: String { Self.name(of: directory) }

    /// The last component of a directory.
    public static func name(of directory: String) -> String {
        URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
    }

    /// The names of all numbers of the records of steps, in the order of their first appearance.
    public var stepNames: [String] { Self.names(steps) }

    /// The names of evaluated metrics without the set, in the order of their first appearance.
    public var metricNames: [String] {
        var names: [String] = []
        for name in Self.names(evaluations) {
            for set in ["validation_", "test_"] where name.hasPrefix(set) {
                let metric = String(name.dropFirst(set.count))
                if !names.contains(metric) { names.append(metric) }
            }
        }
        return names
    }

    /// The points of a number of the records of steps.
    public func stepValues(_ name: String, over axis: Axis) -> [(x: Double, y: Double)] {
        steps.indices.compactMap { index in
            steps[index][name].map { (x(of: index, axis), $0) }
        }
    }

    /// The points of a metric of a set, such as `validation`.
    ///
    /// The test at the end of a run with `early_stopping.restore_best` is of the best parameters: it is at their step.
    public func evaluationValues(_ metric: String, of set: String, over axis: Axis) -> [(
        x: Double, y: Double
    )] {
        evaluations.compactMap { record in
            guard let value = record["\(set)_\(metric)"] else { return nil }
            let restored = set == "test" && record.step == finalModel?.end ? finalModel?.step : nil
            let step = restored ?? record.step
            // Evaluations are logged without a time: that of the last step before them.
            let index = steps.lastIndex { $0.step <= step }
            switch axis {
            case .step: return (Double(step), value)
            case .samples:
                let samples = restored == nil ? record["samples"] : index.flatMap { steps[$0]["samples"] }
                return (samples ?? .nan, value)
            case .seconds: return (index.map { seconds[$0] } ?? 0, value)
            }
        }
    }

    private func x(of index: Int, _ axis: Axis) -> Double {
        switch axis {
        case .step: Double(steps[index].step)
        case .samples: steps[index]["samples"] ?? .nan
        case .seconds: seconds[index]
        }
    }

    private static func names(_ records: [MetricsRecord]) -> [String] {
        var names: [String] = []
        var known: Set<String> = []
        for record in records {
            for (name, _) in record.values where known.insert(name).inserted { names.append(name) }
        }
        return names
    }
}
