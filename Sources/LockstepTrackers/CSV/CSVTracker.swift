import Foundation
import LockstepConfiguration
import LockstepFiles
import LockstepRunLog
import LockstepText

/// The file `metrics.csv` in the run directory: a row for each logged step and each evaluation, a column for each number.
///
/// A number that a row does not have, or that is not finite, is an empty field. When a number is new, as with the first
/// evaluation, the file is replaced by one with another column.
public final class CSVTracker: Tracker {
    /// The tracker in a run file; it has no keys.
    public struct Configuration: TrackerComponent {
        public static var name: String { "csv" }
        public static var keys: KeyTable<Self> { KeyTable() }

        /// A configuration.
        public init() {}

        public func make() -> any Tracker { CSVTracker() }
    }

    private static let largestFile = 1 << 30

    private var path = ""
    private var columns: [String] = []
    private var file: AppendFile?

    init() {}

    public func begin(_ run: TrackedRun) throws {
        path = run.directory + "/metrics.csv"
        let lines = run.step > 0 ? try readLines() : []
        guard let header = lines.first else {
            columns = ["step", "epoch", "samples"]
            return try rewrite([])
        }
        columns = CSVLine.fields(header)
        guard let stepColumn = columns.firstIndex(of: "step") else {
            throw RunLogError(
                path, "cannot be continued", code: EINVAL,
                reason: "its first line has no column 'step'; remove the file, or turn the tracker csv off")
        }
        let kept = lines.dropFirst().filter { line in
            let fields = CSVLine.fields(line)
            guard stepColumn < fields.count, let step = Int(fields[stepColumn]) else { return false }
            let set = ["validation", "test"].first { set in
                zip(columns, fields).contains { $0.hasPrefix("\(set)_") && !$1.isEmpty }
            }
            return run.keeps(step: step, set: set)
        }
        try rewrite(Array(kept))
    }

    public func step(_ record: StepRecord) throws {
        try append(record.step, record.epoch, record.samples, record.trackedValues)
    }

    public func evaluation(_ evaluation: TrackedEvaluation) throws {
        try append(
            evaluation.step, evaluation.epoch, evaluation.samples,
            evaluation.values.map { ("\(evaluation.set)_\($0.name)", $0.value) })
    }

    public func end(_ summary: RunSummary) throws {}

    private func append(_ step: Int, _ epoch: Int, _ samples: Int, _ values: [(name: String, value: Double)])
        throws
    {
        let new = values.map(\.name).filter { !columns.contains($0) }
        if !new.isEmpty {
            // Rows end with as many empty fields as there are new columns.
            let rows = try readLines().dropFirst().map { $0 + String(repeating: ",", count: new.count) }
            columns += new
            try rewrite(Array(rows))
        }
        var line = TextBuffer()
        for (index, column) in columns.enumerated() {
            if index > 0 { line.append(",") }
            switch column {
            case "step": line.append(step)
            case "epoch": line.append(epoch)
            case "samples": line.append(samples)
            default:
                if let value = values.first(where: { $0.name == column })?.value, value.isFinite {
                    line.append(exact: value)
                }
            }
        }
        line.append("\n")
        try line.withBytes { try file?.append($0) }
    }

    /// The complete lines of the file; none where there is no file.
    private func readLines() throws -> [String] {
        do throws(FileError) {
            let bytes = try SafeFile.contents(path, limit: Self.largestFile)
            let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.startIndex
            return String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
        } catch {
            if error.code == ENOENT { return [] }
            throw RunLogError(path, "cannot be read", code: error.code, reason: error.reason)
        }
    }

    private func rewrite(_ rows: [String]) throws {
        let header = columns.map(CSVLine.quoted).joined(separator: ",")
        try replaceFile(path, with: ([header] + rows).map { $0 + "\n" }.joined())
        file = try AppendFile(path)
    }
}
