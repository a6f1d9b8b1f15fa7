import Foundation
import LockstepMetrics
import LockstepText

/// The file `metrics.jsonl`: one JSON object on a line for every logged step and for every evaluation.
///
/// Numbers are the shortest text that reads back as the same bits, so that equal runs have equal lines; what is not
/// finite is `null`, since JSON cannot express it. The keys of a line are always in the same order.
public final class MetricsLog {
    private let file: AppendFile
    private var line = TextBuffer()

    /// A warning about the existing lines; nil if there is none.
    public let warning: String?

    /// Opens the file.
    ///
    /// - Parameters:
    ///   - step: the step that training continues from: records of later steps are dropped. A line that is not a
    ///     record is moved to `metrics.jsonl.broken`.
    ///   - repeatsEvaluation: whether the evaluation after that step is repeated: its record is then dropped, too.
    /// - Throws: `RunLogError` when the file cannot be read or written, or is a link of another user.
    public init(path: String, continuingAfter step: Int, repeatsEvaluation: Bool = false) throws(RunLogError)
    {
        warning = try MetricsHistory(restoring: path, after: step, repeatsEvaluation: repeatsEvaluation)
            .warning
        file = try AppendFile(path)
    }

    /// Appends the line of a step.
    public func log(_ record: StepRecord) throws {
        begin(step: record.step, epoch: record.epoch, samples: record.samples)
        append("loss", record.loss)
        for (index, name) in record.extras.names.enumerated() where !record.extras.values[index].isNaN {
            line.append(", \"")
            line.append(name)
            line.append("\": ")
            append(record.extras.values[index])
        }
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
}
