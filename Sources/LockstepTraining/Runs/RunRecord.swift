import Foundation
import LockstepCheckpoints
import LockstepFaults
import LockstepFiles
import LockstepRunLog

/// A summary of a run from its directory, without its data and without verifying its checkpoints.
public struct RunRecord {
    /// The status of a run.
    public enum Status: String, Sendable {
        /// Its ranks are running, or may be running on another host.
        case running
        /// It reached its configured end: all steps, or early stopping.
        case finished
        /// It was stopped before its end: by a signal, a time limit, `--stop-after-step` or the program.
        case stopped
        /// It ended with an error, or without recording its end.
        case failed
    }

    /// The directory.
    public let path: String
    /// The status.
    public let status: Status
    /// The best evaluation; nil before the first.
    public let best: (metric: String, value: Double, step: Int)?
    /// The number of steps according to its files.
    public let steps: Int
    /// When it last wrote to its log, in seconds since 1970; nil without a log.
    public let changed: Double?
    /// The size of all its files in bytes.
    public let byteCount: Int
    /// Its tags.
    public let tags: [String]
    /// `summary.json`, from the last time that the run ended; empty if there is none.
    let summary: [String: Any]

    /// Whether a directory is a run directory.
    public static func isRun(_ path: String) -> Bool {
        let files = FileManager.default
        return files.fileExists(atPath: path + "/config.yaml")
            && ["train.log", "lock", "checkpoints"].contains { files.fileExists(atPath: "\(path)/\($0)") }
    }

    /// Reads the files of a run; missing or damaged files are ignored.
    public init(_ path: String) {
        self.path = path
        let summary = Self.object("\(path)/summary.json")
        let newest = CheckpointStore("\(path)/checkpoints").directories().last
        let state = newest.map { Self.object("\($0)/state.json") } ?? [:]
        let logged = Self.lastStep("\(path)/metrics.jsonl")
        let summarized = summary["steps"] as? Int ?? 0
        let written = (state["step"] as? [Int])?.first ?? 0
        steps = max(summarized, logged, written)
        // The summary of a run that was resumed and has made steps since is out of date.
        let hasEnded = !summary.isEmpty && summarized >= steps
        self.summary = summary
        let best = hasEnded ? summary["best"] : state["best"]
        self.best = Self.best(best as? [String: Any] ?? [:])
        let readings = HeartbeatFolder(run: path).read()
        if !FaultReport.running(readings).isEmpty {
            status = .running
        } else if hasEnded, let reason = (summary["stopped_because"] as? String).flatMap(StopReason.init) {
            status =
                switch reason {
                case .epochs, .maxSteps, .earlyStopping: .finished
                case .nonFinite: .failed
                case .timeLimit, .stopAfterStep, .signal, .program: .stopped
                }
        } else {
            status = .failed
        }
        changed =
            Self.attribute(.modificationDate, of: "\(path)/train.log", as: Date.self)?.timeIntervalSince1970
        byteCount = Self.size(of: path)
        tags = RunTags.read(path)
    }

    private static func best(_ object: [String: Any]) -> (metric: String, value: Double, step: Int)? {
        // In a checkpoint's state, the metric is in a map.
        let metric =
            object["metric"] as? String ?? (object["watched"] as? [String: Any])?["metric"] as? String
        guard let metric, let value = object["value"] as? Double, let step = object["step"] as? Int else {
            return nil
        }
        return (metric, value, step)
    }

    static func object(_ path: String) -> [String: Any] {
        guard let bytes = try? SafeFile.contents(path, limit: 1 << 26),
            let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        else { return [:] }
        return object
    }

    /// The step of the last complete line; 0 if there is none.
    private static func lastStep(_ path: String) -> Int {
        guard let file = FileHandle(forReadingAtPath: path) else { return 0 }
        defer { try? file.close() }
        let length = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: length > 65_536 ? length - 65_536 : 0)
        guard let data = try? file.readToEnd() else { return 0 }
        for line in data.split(separator: UInt8(ascii: "\n")).reversed() {
            if let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let step = object["step"] as? Int
            {
                return step
            }
        }
        return 0
    }

    private static func attribute<Value>(_ key: FileAttributeKey, of path: String, as type: Value.Type)
        -> Value?
    {
        (try? FileManager.default.attributesOfItem(atPath: path))?[key] as? Value
    }

    /// The size of all files; links are not followed.
    private static func size(of path: String) -> Int {
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else { return 0 }
        return names.reduce(0) { sum, name in
            let place = "\(path)/\(name)"
            guard attribute(.type, of: place, as: FileAttributeType.self) == .typeRegular else { return sum }
            return sum + (attribute(.size, of: place, as: Int.self) ?? 0)
        }
    }
}
