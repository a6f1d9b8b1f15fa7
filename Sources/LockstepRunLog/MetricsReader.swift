import Foundation
import LockstepFiles

/// One line of `metrics.jsonl`: the record of a step, or of an evaluation.
public struct MetricsRecord: Sendable, Equatable {
    /// The number of steps done.
    public var step: Int
    /// All numbers except the step, by name, in the order of the line; nan for `null`.
    public var values: [(name: String, value: Double)]

    /// The number of that name; nil if the record has none.
    public subscript(_ name: String) -> Double? { values.first { $0.name == name }?.value }

    /// Whether it is an evaluation of the validation or test set.
    public var isEvaluation: Bool {
        values.contains { $0.name.hasPrefix("validation_") || $0.name.hasPrefix("test_") }
    }

    public static func == (one: MetricsRecord, other: MetricsRecord) -> Bool {
        one.step == other.step
            && one.values.elementsEqual(other.values) {
                $0.name == $1.name && $0.value.bitPattern == $1.value.bitPattern
            }
    }

    /// A line as `MetricsLog` writes it: one object of names and numbers.
    /// - Returns: nil for anything else.
    init?(line: some Collection<UInt8>) {
        guard let text = String(validating: line, as: UTF8.self),
            text.hasPrefix("{\""), text.hasSuffix("}")
        else { return nil }
        var step: Int?
        var values: [(name: String, value: Double)] = []
        for member in text.dropFirst(2).dropLast().split(separator: ", \"") {
            let parts = member.split(separator: "\": ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0] == "step" {
                step = Int(parts[1])
            } else {
                guard let value = parts[1] == "null" ? Double.nan : Double(parts[1]) else { return nil }
                values.append((String(parts[0]), value))
            }
        }
        guard let step, step >= 0 else { return nil }
        self.step = step
        self.values = values
    }
}

/// Reads `metrics.jsonl`, also while a run writes it.
public final class MetricsReader {
    /// The file.
    public let path: String
    /// The records read so far.
    public private(set) var records: [MetricsRecord] = []
    /// The number of lines that are not records.
    public private(set) var unreadable = 0
    private var offset = 0
    private var inode: ino_t = 0
    private var rest: [UInt8] = []

    /// A reader of the file of a run directory.
    public convenience init(run: String) { self.init(path: run + "/metrics.jsonl") }

    /// A reader; nothing is read yet.
    public init(path: String) { self.path = path }

    /// Reads the new complete lines. A resumed run truncates or replaces the file, which is then read again from the
    /// beginning.
    /// - Returns: whether there was anything new.
    /// - Throws: `FileError`, also when there is no file.
    @discardableResult
    public func poll() throws(FileError) -> Bool {
        let descriptor = try SafeFile.open(path, O_RDONLY)
        defer { close(descriptor) }
        var status = stat()
        let before = records.count
        if fstat(descriptor, &status) == 0, status.st_ino != inode || Int(status.st_size) < offset {
            (records, unreadable, offset, rest) = ([], 0, 0, [])
            inode = status.st_ino
        }
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &block, block.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            offset += count
            rest += block[..<count]
            takeLines()
        }
        return records.count != before
    }

    private func takeLines() {
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let record = MetricsRecord(line: rest[start..<end]) {
                records.append(record)
            } else {
                unreadable += 1
            }
            start = end + 1
        }
        rest.removeSubrange(..<start)
    }
}
