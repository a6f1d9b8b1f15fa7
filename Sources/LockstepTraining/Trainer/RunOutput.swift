import LockstepRunLog

/// The output of a run on the terminal. It does not affect `metrics.jsonl`, and only affects the progress lines of `train.log`.
public struct RunOutput: Sendable, Equatable {
    /// How much is shown.
    public enum Amount: Sendable, Equatable {
        /// Only warnings and errors.
        case quiet
        /// A progress bar on a terminal, otherwise occasional progress lines.
        case normal
        /// A line for every step that is in `metrics.jsonl`, even on a terminal, and all metrics of evaluations.
        case verbose
    }

    /// How much is shown.
    public var amount: Amount
    /// The minimum time between two progress lines, in seconds.
    public var interval: Double

    /// Makes an output; by default with at most one progress line per second.
    public init(_ amount: Amount = .normal, interval: Double = 1) {
        self.amount = amount
        self.interval = interval
    }

    /// The style of the terminal.
    var style: TerminalStyle {
        switch amount {
        case .quiet: .quiet
        case .normal: .detect()
        case .verbose: .lines
        }
    }

    /// When progress lines are due.
    func lines(everySteps: Int) -> ProgressLines {
        amount == .verbose ? .steps(everySteps) : .seconds(interval)
    }
}
