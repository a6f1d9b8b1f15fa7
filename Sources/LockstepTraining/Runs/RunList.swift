import Foundation
import LockstepCheckpoints
import LockstepTasks
import LockstepText

/// Runs in a table, as `lockstep runs` prints them.
public struct RunList {
    /// The runs, in the order in which they were last written to.
    public let runs: [RunRecord]

    /// Finds runs.
    /// - Parameters:
    ///   - paths: run directories, or directories that contain run directories.
    ///   - tag: only runs with this tag; nil for all.
    /// - Throws: `CheckpointError.nothingToResume` for a path that is not a directory.
    public init(_ paths: [String], tag: String? = nil) throws {
        var found: [String] = []
        for path in paths {
            try HomePath.require(path, option: "The directory of runs")
            if RunRecord.isRun(path) {
                found.append(path)
                continue
            }
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
                throw CheckpointError.nothingToResume(
                    "\(path.printable) is not a readable directory. Give a directory that contains runs; the default is runs/."
                )
            }
            found += names.map { path == "." ? $0 : "\(path)/\($0)" }.filter(RunRecord.isRun)
        }
        let records = found.map(RunRecord.init).filter { tag == nil || $0.tags.contains(tag ?? "") }
        runs = records.sorted { ($0.changed ?? 0, $0.path) < ($1.changed ?? 0, $1.path) }
    }

    /// The runs as a table.
    /// - Parameter now: seconds since 1970.
    public func table(now: Double = Date().timeIntervalSince1970) -> String {
        let rows = runs.map { run in
            [
                run.path, run.status.rawValue, run.best?.metric ?? "-",
                run.best.map { decimals($0.value, 4) } ?? "-",
                run.best.map { grouped($0.step) } ?? "-", grouped(run.steps),
                run.changed.map { Self.age(now - $0) } ?? "-", Self.size(run.byteCount),
                run.tags.joined(separator: ", "),
            ]
        }
        let head = ["run", "status", "metric", "best", "at step", "steps", "age", "size", "tags"]
        return TextTable.aligned([head] + rows)
    }

    /// A time in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`.
    static func age(_ seconds: Double) -> String {
        let units = [(60.0, 1.0, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (.infinity, 86_400, "d")]
        let seconds = max(0, seconds)
        let unit = units.first { seconds < $0.0 } ?? units[3]
        return "\(Int(seconds / unit.1)) \(unit.2)"
    }

    /// A number of bytes in its largest unit: `512 B`, `1.5 KiB`, `20.0 MiB`.
    static func size(_ bytes: Int) -> String {
        var (value, unit) = (Double(bytes), 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit + 1 < units.count { (value, unit) = (value / 1024, unit + 1) }
        return "\(decimals(value, unit == 0 ? 0 : 1)) \(units[unit])"
    }
}
