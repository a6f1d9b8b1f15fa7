import Foundation
import LockstepFiles
import LockstepRunLog

/// The file `meta.yaml` of a run in MLflow's file store.
struct MLflowMeta {
    /// MLflow's numbers of a run's status.
    enum Status: Int {
        case running = 1
        case finished = 3
        case failed = 4
        case killed = 5
    }

    let folder: String
    let experiment: String
    let run: String
    let name: String
    /// Milliseconds since 1970.
    let start: Int

    /// When a run that is there began; nil where it is new.
    static func start(of folder: String) -> Int? {
        guard let bytes = try? SafeFile.contents("\(folder)/meta.yaml", limit: 1 << 20) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.firstMatch(of: #/start_time: (\d{1,18})\n/#).flatMap { Int($0.1) }
    }

    /// Writes the file. - Parameter end: milliseconds since 1970; nil while the run is under way.
    func write(status: Status, end: Int?) throws {
        let lines = [
            "artifact_uri: \(MLflowText.quoted("file://\(folder)/artifacts"))",
            "end_time: \(end.map(String.init) ?? "null")", "entry_point_name: ''",
            "experiment_id: '\(experiment)'", "lifecycle_stage: active", "run_id: \(run)",
            "run_name: \(MLflowText.quoted(name))", "run_uuid: \(run)", "source_name: ''", "source_type: 4",
            "source_version: ''", "start_time: \(start)", "status: \(status.rawValue)", "tags: []",
            "user_id: \(MLflowText.quoted(NSUserName()))",
        ]
        try MLflowText.write("\(folder)/meta.yaml", with: lines.map { $0 + "\n" }.joined())
    }
}

/// An experiment of MLflow's file store: made where there is none of its name.
struct MLflowExperiment {
    let identifier: String
    let folder: String

    /// - Throws: `RunLogError` when the store cannot be written.
    init(store: String, name: String) throws {
        try MLflowTracker.make(store)
        let quoted = MLflowText.quoted(name)
        for entry in ((try? FileManager.default.contentsOfDirectory(atPath: store)) ?? []).sorted() {
            guard let bytes = try? SafeFile.contents("\(store)/\(entry)/meta.yaml", limit: 1 << 20) else {
                continue
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            // MLflow itself writes simple names without quotes.
            if lines.contains("name: \(quoted)") || lines.contains("name: \(name)") {
                identifier = entry
                folder = "\(store)/\(entry)"
                return
            }
        }
        // Equal for equal names, so that runs that begin together make the same one.
        let hash = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        identifier = String(100_000_000_000_000_000 + hash % 800_000_000_000_000_000)
        folder = "\(store)/\(identifier)"
        try MLflowTracker.make(folder)
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let lines = [
            "artifact_location: \(MLflowText.quoted("file://\(folder)"))", "creation_time: \(now)",
            "experiment_id: '\(identifier)'", "last_update_time: \(now)", "lifecycle_stage: active",
            "name: \(quoted)",
        ]
        try MLflowText.write("\(folder)/meta.yaml", with: lines.map { $0 + "\n" }.joined())
    }
}

/// The files of the store, and texts in YAML.
enum MLflowText {
    /// Replaces a file, without waiting for the disk: there are dozens of them, and none that a resume needs.
    static func write(_ path: String, with text: String) throws {
        do throws(FileError) {
            let file = try AtomicFile(replacing: path, isOwn: true)
            var text = text
            var failure: FileError?
            text.withUTF8 { bytes in
                do throws(FileError) {
                    try file.write(UnsafeRawBufferPointer(bytes))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            try file.commit(isDurable: false)
        } catch {
            throw RunLogError(path, "cannot be written", error, option: MLflowTracker.option)
        }
    }

    /// A text in single quotes, in which only the quote itself is special.
    static func quoted(_ text: String) -> String {
        let line = text.replacing("\n", with: " ").replacing("\r", with: " ")
        return "'" + line.replacing("'", with: "''") + "'"
    }
}
