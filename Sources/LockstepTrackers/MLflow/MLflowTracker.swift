import Foundation
import LockstepConfiguration
import LockstepFiles
import LockstepPictures
import LockstepRunLog
import LockstepText

/// A run in MLflow's file store, the folder `mlruns`: parameters, metrics, tags, status, and images as artifacts.
///
/// The file `mlflow_run` in the run directory has the identifier of the run in the store, so that a resumed run continues it.
///
/// Source: MLflow: mlflow/store/tracking/file_store.py.
public final class MLflowTracker: Tracker {
    /// The tracker in a run file.
    public struct Configuration: TrackerComponent {
        public static var name: String { "mlflow" }
        public static var keys: KeyTable<Self> {
            KeyTable(
                .text(
                    "directory", \.directory, what: "the path of a folder",
                    "MLflow's file store, which several runs share; a relative path counts from the working directory"
                ),
                .text(
                    "experiment", \.experiment, what: "a name",
                    "the experiment of the store that the run belongs to"))
        }

        /// The file store.
        public var directory = "mlruns"
        /// The experiment.
        public var experiment = "lockstep"

        /// A configuration.
        public init() {}

        public func make() -> any Tracker { MLflowTracker(self) }
    }

    /// Where a user says where the store is.
    static let option = "trackers: mlflow.directory"

    private let configuration: Configuration
    private var folder = ""
    private var meta: MLflowMeta?
    private var files: [String: AppendFile] = [:]
    private var line = TextBuffer()

    init(_ configuration: Configuration) { self.configuration = configuration }

    public func begin(_ run: TrackedRun) throws {
        let store = URL(fileURLWithPath: configuration.directory).standardizedFileURL.path
        let experiment = try MLflowExperiment(store: store, name: configuration.experiment)
        let identifierPath = run.directory + "/mlflow_run"
        let known = run.step > 0 ? try? SafeFile.contents(identifierPath, limit: 64) : nil
        let identifier =
            known.flatMap { bytes in
                let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
                    in: .whitespacesAndNewlines)
                return text.wholeMatch(of: #/[0-9a-f]{32}/#) == nil ? nil : text
            } ?? UUID().uuidString.lowercased().replacing("-", with: "")
        folder = "\(experiment.folder)/\(identifier)"
        for name in ["metrics", "params", "tags", "artifacts"] { try Self.make("\(folder)/\(name)") }
        try replaceFile(identifierPath, with: identifier + "\n")
        for (name, value) in run.parameters {
            // A value may have up to 6,000 characters.
            try MLflowText.write("\(folder)/params/\(Self.key(name))", with: String(value.prefix(6000)))
        }
        try MLflowText.write("\(folder)/tags/mlflow.runName", with: run.name)
        try MLflowText.write(
            "\(folder)/tags/lockstep.run_directory", with: URL(fileURLWithPath: run.directory).path)
        try MLflowText.write("\(folder)/artifacts/config.yaml", with: run.configuration)
        try dropLater(run)
        dropLaterImages(run)
        let meta = MLflowMeta(
            folder: folder, experiment: experiment.identifier, run: identifier, name: run.name,
            start: MLflowMeta.start(of: folder) ?? Self.milliseconds)
        try meta.write(status: .running, end: nil)
        self.meta = meta
    }

    public func step(_ record: StepRecord) throws {
        let now = Self.milliseconds
        for (name, value) in record.trackedValues { try append(name, value, record.step, now) }
        try append("epoch", Double(record.epoch), record.step, now)
    }

    public func evaluation(_ evaluation: TrackedEvaluation) throws {
        let now = Self.milliseconds
        for metric in evaluation.values {
            try append("\(evaluation.set)_\(metric.name)", metric.value, evaluation.step, now)
        }
    }

    public var keepsImages: Bool { true }

    public func image(_ image: PNGPicture, tag: String, step: Int) throws {
        let folder = "\(folder)/artifacts/images/\(Self.key(tag))"
        try Self.make(folder)
        let path = "\(folder)/step-\(Self.digits(step)).png"
        do throws(FileError) {
            try image.write(to: path)
        } catch {
            throw RunLogError(path, "cannot be written", error, option: Self.option)
        }
    }

    /// A step with leading zeros, so that files are in the order of their names.
    private static func digits(_ step: Int) -> String {
        let digits = String(step)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    public func end(_ summary: RunSummary) throws {
        let status: MLflowMeta.Status =
            switch summary.stoppedBecause {
            case .nonFinite: .failed
            case .signal, .stopAfterStep, .timeLimit: .killed
            default: .finished
            }
        try meta?.write(status: status, end: Self.milliseconds)
    }

    private static var milliseconds: Int { Int(Date().timeIntervalSince1970 * 1000) }

    /// Appends a line `time value step` to the file of a metric.
    private func append(_ name: String, _ value: Double, _ step: Int, _ now: Int) throws {
        guard !value.isNaN else { return }
        let file: AppendFile
        if let known = files[name] {
            file = known
        } else {
            file = try AppendFile("\(folder)/metrics/\(Self.key(name))", endsLine: true)
            files[name] = file
        }
        line.clear()
        line.append(now)
        line.append(" ")
        if value.isFinite {
            line.append(exact: value)
        } else {
            line.append(value > 0 ? "inf" : "-inf" as String)
        }
        line.append(" ")
        line.append(step)
        line.append("\n")
        try line.withBytes { try file.append($0) }
    }

    /// A name as MLflow allows it: letters, digits, `_`, `-`, `.` and blanks.
    static func key(_ name: String) -> String {
        let text = String(
            name.map { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "_-. ".contains($0) ? $0 : "_" })
        return text.hasPrefix(".") ? "_" + text.dropFirst() : text
    }

    static func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw RunLogError(folder, "cannot be made", option: option)
        }
    }

    /// Removes images of steps that are made again.
    private func dropLaterImages(_ run: TrackedRun) {
        let images = folder + "/artifacts/images"
        for tag in (try? FileManager.default.contentsOfDirectory(atPath: images)) ?? [] {
            let set = ["validation", "test"].first { tag.hasPrefix("\($0)_") }
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(images)/\(tag)")) ?? [] {
                guard let match = name.wholeMatch(of: #/step-(\d{8,18})\.png/#), let step = Int(match.1),
                    !run.keeps(step: step, set: set)
                else { continue }
                unlink("\(images)/\(tag)/\(name)")
            }
        }
    }

    /// Removes the lines of steps that are made again.
    private func dropLater(_ run: TrackedRun) throws {
        let metrics = folder + "/metrics"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: metrics)) ?? [] {
            let path = "\(metrics)/\(name)"
            guard let bytes = try? SafeFile.contents(path) else { continue }
            let set = ["validation", "test"].first { name.hasPrefix("\($0)_") }
            let lines = String(decoding: bytes, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: true)
            let kept = lines.filter { line in
                let parts = line.split(separator: " ")
                guard parts.count == 3, let step = Int(parts[2]) else { return false }
                return run.keeps(step: step, set: set)
            }
            guard kept.count < lines.count else { continue }
            if kept.isEmpty {
                unlink(path)
            } else {
                try replaceFile(path, with: kept.map { $0 + "\n" }.joined())
            }
        }
    }
}
