import LockstepRunLog

/// What a run shows on the terminal. `metrics.jsonl` does not depend on it, and `train.log` only in its lines of progress.
public struct RunOutput: Sendable, Equatable {
    /// How much is shown.
    public enum Amount: Sendable, Equatable {
        /// Warnings and errors only.
        case quiet
        /// A progress bar on a terminal; elsewhere lines of progress from time to time.
        case normal
        /// A line for every step that is in `metrics.jsonl`, also on a terminal, and all metrics of evaluations.
        case verbose
    }

    /// How much is shown.
    public var amount: Amount
    /// The shortest time between two lines of progress, in seconds.
    public var interval: Double

    /// An output; by default at most one line of progress a second.
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

    /// When lines of progress are due.
    func lines(everySteps: Int) -> ProgressLines {
        amount == .verbose ? .steps(everySteps) : .seconds(interval)
    }
}
