import Foundation
import LockstepFiles

/// The contents of `metrics.jsonl` when a run continues: records up to the step of the checkpoint are kept, later
/// ones are dropped, as is the evaluation of the test set after that step: it belongs to the end of a run.
///
/// A line that is not a record is moved to `metrics.jsonl.broken`; other lines are not affected. An incomplete line
/// at the end, which a crash leaves, is dropped if it is of a later step. NUL bytes, which a power failure leaves,
/// are removed from a record.
package struct MetricsHistory {
    /// The longest line that is read as a record, in bytes.
    private static let lineLimit = 1 << 20

    /// What to do with a line.
    private enum Verdict {
        case kept
        /// A record with NUL bytes around it.
        case trimmed(Range<Int>)
        case dropped
        case broken
    }

    private let path: String
    private let step: Int
    /// Whether the evaluation after `step` is repeated.
    private let repeatsEvaluation: Bool
    /// The numbers of lines that were moved, and of those from which NUL bytes were removed; the first line is 1.
    package private(set) var broken: [Int] = []
    package private(set) var trimmed: [Int] = []

    /// The file for lines that are not records.
    package static func brokenPath(_ path: String) -> String { path + ".broken" }

    /// Restores the state of a file after a step.
    /// - Parameter repeatsEvaluation: whether the records of the evaluation after that step are dropped, too.
    /// - Throws: `RunLogError` when the file cannot be read or written; it is then unchanged.
    package init(restoring path: String, after step: Int, repeatsEvaluation: Bool) throws(RunLogError) {
        (self.path, self.step, self.repeatsEvaluation) = (path, step, repeatsEvaluation)
        let descriptor: Int32
        do throws(FileError) {
            descriptor = try SafeFile.open(path, O_RDWR)
        } catch {
            if error.code == ENOENT { return }
            throw RunLogError(path, "cannot be opened", error)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw RunLogError(path, "cannot be read") }
        guard status.st_mode & S_IFMT == S_IFREG else { return }

        // The first pass only reads: usually there is nothing to remove except at the end.
        var end = 0
        var isPrefix = true
        var isChanged = false
        try MetricsHistory.lines(of: descriptor, path) { (line) throws(RunLogError) in
            let verdict = judge(line)
            if case .kept = verdict, isPrefix, line.hasEnd {
                end = line.end
                return
            }
            isPrefix = false
            switch verdict {
            case .dropped: return
            case .kept: break
            case .trimmed: if trimmed.last != line.number { trimmed.append(line.number) }
            case .broken: if broken.last != line.number { broken.append(line.number) }
            }
            isChanged = true
        }
        if isChanged {
            try rewrite(descriptor)
            return
        }
        guard end < Int(status.st_size) else { return }
        guard ftruncate(descriptor, off_t(end)) == 0 else {
            throw RunLogError(path, "cannot be cut back to step \(step)")
        }
    }

    /// A warning about the file; nil if there is none.
    package var warning: String? {
        var parts: [String] = []
        if !broken.isEmpty {
            parts.append(
                "\(Self.text(broken)) cannot be read as a record, and \(broken.count == 1 ? "is" : "are") now in "
                    + MetricsHistory.brokenPath(path))
        }
        if !trimmed.isEmpty {
            parts.append(
                "\(Self.text(trimmed)) had NUL bytes before or after the record, which are removed (a power cut leaves such bytes)"
            )
        }
        guard !parts.isEmpty else { return nil }
        return
            "Warning: \(path): \(parts.joined(separator: "; ")). All other records up to step \(step) are kept."
    }

    /// Line numbers, in the form `lines 3, 7 to 9`.
    private static func text(_ numbers: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        let texts = runs.prefix(10).map {
            $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)"
        }
        return (numbers.count == 1 ? "line " : "lines ") + texts.joined(separator: ", ")
            + (runs.count > 10 ? " and others (\(numbers.count) in all)" : "")
    }

    /// Writes the file without dropped lines, after moving broken ones to a separate file.
    private func rewrite(_ descriptor: Int32) throws(RunLogError) {
        let aside = try broken.isEmpty ? nil : AppendFile(MetricsHistory.brokenPath(path), endsLine: true)
        do {
            let file = try AtomicFile(replacing: path, isOwn: true)
            try MetricsHistory.lines(of: descriptor, path) { (line) throws(RunLogError) in
                switch judge(line) {
                case .kept: try write(line.bytes[...], to: file)
                case .trimmed(let range): try write(line.bytes[range], to: file)
                case .dropped: return
                case .broken:
                    try line.bytes.withBytes { (bytes) throws(RunLogError) in try aside?.append(bytes) }
                }
            }
            // A system crash here loses nothing: moved lines are on the disk before they are removed from this file.
            try aside?.synchronize()
            try file.commit()
        } catch let error as FileError {
            throw RunLogError(path, "cannot be written", error)
        } catch let error as RunLogError {
            throw error
        } catch {
            throw RunLogError(path, "cannot be written")
        }
    }

    private func write(_ record: ArraySlice<UInt8>, to file: AtomicFile) throws(RunLogError) {
        guard !record.isEmpty else { return }
        let line = record.last == UInt8(ascii: "\n") ? Array(record) : Array(record) + [UInt8(ascii: "\n")]
        try line.withBytes { (bytes) throws(RunLogError) in
            do throws(FileError) {
                try file.write(bytes)
            } catch {
                throw RunLogError(path, "cannot be written", error)
            }
        }
    }

    private func judge(_ line: Line) -> Verdict {
        let record = line.hasEnd ? line.bytes.dropLast() : line.bytes[...]
        if record.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { return .dropped }
        let first = record.firstIndex { $0 != 0 } ?? record.endIndex
        let last = record.lastIndex { $0 != 0 }.map { $0 + 1 } ?? first
        let core = record[first..<last]
        if core.isEmpty { return .trimmed(first..<first) }
        guard !line.isPart, let parsed = Record(core) else {
            // Half a line of a step that is repeated.
            if !line.hasEnd, let begun = Record.step(beginning: core), begun > step { return .dropped }
            return .broken
        }
        guard parsed.step <= step else { return .dropped }
        if parsed.step == step, parsed.isTest || repeatsEvaluation && parsed.isEvaluation { return .dropped }
        return core.count == record.count ? .kept : .trimmed(first..<last)
    }

    /// The relevant values of a record.
    private struct Record {
        var step: Int
        var isEvaluation: Bool
        /// Whether it is an evaluation of the test set.
        var isTest: Bool

        init?(_ line: ArraySlice<UInt8>) {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let step = object["step"] as? Int, step >= 0
            else { return nil }
            self.step = step
            isEvaluation = object.keys.contains { $0.hasPrefix("validation_") }
            isTest = object.keys.contains { $0.hasPrefix("test_") }
        }

        /// The step of an incomplete line.
        static func step(beginning line: ArraySlice<UInt8>) -> Int? {
            let text = String(decoding: line.prefix(40), as: UTF8.self)
            guard let match = text.wholeMatch(of: #/\{"step": (\d{1,18}),.*/#) else { return nil }
            return Int(match.1)
        }
    }

    /// A line of the file, or a part of one that is too long to be a record.
    private struct Line {
        /// Including the newline, if there is one.
        var bytes: [UInt8]
        /// From 1.
        var number: Int
        /// The offset of its end in the file.
        var end: Int
        var isPart: Bool

        var hasEnd: Bool { bytes.last == UInt8(ascii: "\n") }
    }

    /// Calls `body` with each line of a file.
    private static func lines(
        of descriptor: Int32, _ path: String, _ body: (Line) throws(RunLogError) -> Void
    ) throws(RunLogError) {
        var line = Line(bytes: [], number: 1, end: 0, isPart: false)
        var offset = 0
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &block, block.count, off_t(offset))
            if count < 0 {
                if errno == EINTR { continue }
                throw RunLogError(path, "cannot be read")
            }
            if count == 0 { break }
            var rest = block[..<count]
            offset += count
            while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line.bytes += rest[...newline]
                rest = rest[(newline + 1)...]
                line.end += line.bytes.count
                try body(line)
                line = Line(bytes: [], number: line.number + 1, end: line.end, isPart: false)
            }
            line.bytes += rest
            if line.bytes.count > lineLimit {
                line.isPart = true
                line.end += line.bytes.count
                try body(line)
                line.bytes.removeAll()
            }
        }
        line.end += line.bytes.count
        if !line.bytes.isEmpty { try body(line) }
    }
}

extension [UInt8] {
    /// The standard library's access to an array's bytes does not preserve the type of errors.
    fileprivate func withBytes(
        _ body: (UnsafeRawBufferPointer) throws(RunLogError) -> Void
    ) throws(RunLogError) {
        var failure: RunLogError?
        withUnsafeBytes { raw in
            do throws(RunLogError) { try body(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
