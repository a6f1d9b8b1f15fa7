import Foundation

/// The file `metrics.jsonl`: one JSON object on a line for every logged step and for every evaluation.
///
/// Numbers are the shortest text that reads back as the same bits, so that equal runs have equal lines; what is not
/// finite is `null`, for JSON has no word for it. The keys of a line always stand in the same order.
public final class MetricsLog {
    private let file: AppendFile
    private var line = TextBuffer()

    /// Opens the file.
    ///
    /// - Parameter step: the step that training continues from: lines of later steps are cut off; 0 empties the file.
    /// - Throws: `RunLogError` when the file cannot be opened or cut.
    public init(path: String, continuingAfter step: Int) throws {
        try Self.cut(path, after: step)
        file = try AppendFile(path)
    }

    /// Appends the line of a step.
    public func log(_ record: StepRecord) throws {
        begin(step: record.step, epoch: record.epoch, samples: record.samples)
        append("loss", record.loss)
        if !record.accuracy.isNaN { append("accuracy", record.accuracy) }
        append("learning_rate", record.learningRate)
        append("gradient_norm", record.gradientNorm)
        append("samples_per_second", record.samplesPerSecond)
        if !record.tokensPerSecond.isNaN { append("tokens_per_second", record.tokensPerSecond) }
        if let ranks = record.rankSeconds {
            append("rank_seconds_minimum", ranks.minimum)
            append("rank_seconds_median", ranks.median)
            append("rank_seconds_maximum", ranks.maximum)
            line.append(", \"slowest_rank\": ")
            line.append(ranks.slowestRank)
        }
        append("seconds", record.seconds)
        try end()
    }

    /// Appends the line of an evaluation: the metrics with `prefix` before their names.
    public func log(
        step: Int, epoch: Int, samples: Int, _ metrics: [MetricValue], prefix: String
    ) throws {
        begin(step: step, epoch: epoch, samples: samples)
        for metric in metrics {
            line.append(", \"")
            line.append(prefix)
            line.append(metric.name)
            line.append("\": ")
            append(metric.value)
        }
        try end()
    }

    /// Waits until all lines are on the disk: before a checkpoint that counts on them. Any thread may call it.
    public var synchronization: @Sendable () throws(RunLogError) -> Void {
        { [file] () throws(RunLogError) in try file.synchronize() }
    }

    private func begin(step: Int, epoch: Int, samples: Int) {
        line.clear()
        line.append("{\"step\": ")
        line.append(step)
        line.append(", \"epoch\": ")
        line.append(epoch)
        line.append(", \"samples\": ")
        line.append(samples)
    }

    private func append(_ key: StaticString, _ value: Double) {
        line.append(", \"")
        line.append(key)
        line.append("\": ")
        append(value)
    }

    private func append(_ value: Double) {
        if value.isFinite { line.append(exact: value) } else { line.append("null") }
    }

    private func end() throws {
        line.append("}\n")
        try line.withBytes { try file.append($0) }
    }

    /// Cuts a file off before the first line that is of a later step or not whole.
    private static func cut(_ path: String, after step: Int) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        var kept = 0
        while let end = data[kept...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let lineStep = self.step(of: data[kept..<end]), lineStep <= step else { break }
            kept = end + 1
        }
        if step == 0 { kept = 0 }
        if kept < data.count, truncate(path, off_t(kept)) != 0 {
            throw RunLogError(path, "cannot be cut back to step \(step)")
        }
    }

    private static func step(of line: Data) -> Int? {
        struct Step: Decodable {
            let step: Int
        }
        return try? JSONDecoder().decode(Step.self, from: line).step
    }
}
