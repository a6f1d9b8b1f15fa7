import Foundation
import LockstepMetrics
import LockstepText
import LockstepTimeline
import Logging

/// The log of a training run on one rank: terminal, `train.log`, and on rank 0 `metrics.jsonl`.
///
/// Every rank creates one and reports every step to it; only the lines that are due and belong to this rank are written.
public final class RunLog {
    /// The output of lines.
    public let console: Console
    /// For messages outside the table of numbers: warnings and decisions of the run.
    public let logger: Logger
    /// Nil on all ranks but rank 0, and before `begin`.
    private var metrics: MetricsLog?
    private let metricsPath: String?
    private let firstStep: Int
    private let progress: Progress
    private let everySteps: Int
    /// The watched metric with the set's name before it; nil for none.
    private let watched: String?
    private let isVerbose: Bool
    private let totalSteps: Int?

    /// Makes the log of a run. `metrics.jsonl` is left alone until `begin`.
    /// - Parameters:
    ///   - directory: the run directory, which exists already; nil writes no files.
    ///   - everySteps: a step is in `metrics.jsonl` when its number is a multiple of this, or when it is the last.
    ///   - lines: when a line of progress is due.
    ///   - watched: a metric that is shown after its first evaluation, such as `validation_loss`; nil for none.
    ///   - isVerbose: whether evaluations are shown with all metrics.
    ///   - isColored: whether warnings on the terminal are colored.
    ///   - totalSteps: the number of steps at which the run ends, if that is known.
    ///   - epochs: the number of epochs, if that is known.
    ///   - samplesName: the plural name of samples.
    ///   - step: the number of steps done before; `begin` drops lines of later steps from `metrics.jsonl`.
    ///   - heartbeat: what keeps the last message of this rank.
    ///   - terminal: the file descriptor of the terminal.
    /// - Throws: `RunLogError` when a file cannot be opened.
    public init(
        directory: String?, rank: Int, style: TerminalStyle, everySteps: Int,
        lines: ProgressLines = .standard, watched: String? = nil, isVerbose: Bool = false,
        isColored: Bool = false,
        totalSteps: Int?, epochs: Int?,
        samplesName: String = "samples", continuingAfter step: Int = 0, heartbeat: Heartbeat? = nil,
        terminal: Int32 = STDOUT_FILENO
    ) throws {
        let console = try Console(
            style: style, rank: rank, terminal: terminal, log: directory.map { "\($0)/train.log" },
            isColored: isColored,
            heartbeat: heartbeat)
        self.console = console
        logger = Logger(label: "lockstep") { _ in RunLogHandler(console) }
        metricsPath = rank == 0 ? directory.map { "\($0)/metrics.jsonl" } : nil
        firstStep = step
        progress = Progress(
            console: console, lines: lines, totalSteps: totalSteps, epochs: epochs, firstStep: step,
            samplesName: samplesName)
        self.everySteps = everySteps
        self.watched = watched
        self.isVerbose = isVerbose
        self.totalSteps = totalSteps
    }

    /// Opens `metrics.jsonl` and drops its records of later steps. Called when the run can no longer be refused.
    ///
    /// - Parameter repeatsEvaluation: whether the run begins with the evaluation after the step that it continues from.
    /// - Throws: `RunLogError` when it cannot be read or written.
    public func begin(repeatsEvaluation: Bool = false) throws {
        metrics = try metricsPath.map {
            try MetricsLog(path: $0, continuingAfter: firstStep, repeatsEvaluation: repeatsEvaluation)
        }
        if let warning = metrics?.warning { console.warn(warning) }
    }

    /// Whether a step's line is due.
    public func isDue(_ step: Int) -> Bool {
        step % everySteps == 0 || step == totalSteps
    }

    /// Reports a step. Allocates nothing unless the progress bar is drawn.
    ///
    /// - Throws: `RunLogError` when `metrics.jsonl` cannot be written.
    public func step(_ record: StepRecord) throws {
        if isDue(record.step) { try metrics?.log(record) }
        progress.show(record)
    }

    /// Reports an evaluation of the set `name`, such as `validation`: a line in `metrics.jsonl` and on the terminal.
    ///
    /// - Throws: `RunLogError` when `metrics.jsonl` cannot be written.
    public func evaluation(_ name: String, step: Int, epoch: Int, samples: Int, _ values: [MetricValue])
        throws
    {
        try metrics?.log(step: step, epoch: epoch, samples: samples, values, prefix: "\(name)_")
        guard console.rank == 0 else { return }
        var text = TextBuffer()
        text.append("\(name) after step \(step):")
        // The loss, the first metric and the watched one; the table at the end and the file have them all.
        for (index, value) in values.enumerated() {
            let isWatched = "\(name)_\(value.name)" == watched
            if isWatched {
                let set = name == "validation" ? "val" : name
                progress.note(
                    "\(set) \(value.name.split(separator: "_").joined(separator: " "))", value.value)
            }
            guard index < 2 || isWatched || isVerbose else { continue }
            text.append("  \(value.name) ")
            text.append(value.value, decimals: 4)
        }
        console.write(text, toTerminal: console.style != .quiet)
    }

    /// Waits until all lines of `metrics.jsonl` are on the disk: before a checkpoint that counts on them. Any thread may call it.
    public var synchronization: @Sendable () throws(RunLogError) -> Void {
        guard let metrics else { return {} }
        return metrics.synchronization
    }

    /// Removes the progress bar and writes the table; `summary.json` on rank 0 if there is a directory.
    ///
    /// - Throws: `RunLogError` when the file cannot be written.
    public func finish(_ summary: RunSummary, directory: String?) throws {
        progress.finish()
        guard console.rank == 0 else { return }
        if let directory { try summary.write(to: "\(directory)/summary.json") }
        console.write("\n" + summary.table)
    }

    /// Removes the progress bar, so that following output, such as an error, starts on a new line.
    public func close() {
        progress.finish()
    }
}
