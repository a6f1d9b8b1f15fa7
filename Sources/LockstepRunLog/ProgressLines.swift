/// When a line of progress is due in `train.log` and where there is no progress bar: in a file, a pipe, a batch job.
///
/// It is another setting than `log_every_steps`, which is for `metrics.jsonl`.
public enum ProgressLines: Sendable, Equatable {
    /// After the first and the last step, and at most every so many seconds between.
    case seconds(Double)
    /// After every so many steps, and after the last.
    case steps(Int)

    /// The default: at most a line a second.
    public static let standard = ProgressLines.seconds(1)

    /// Whether a line is due after a step that is not the last.
    /// - Parameter last: the time of the last line; nil before the first.
    func isDue(_ record: StepRecord, last: Double?) -> Bool {
        switch self {
        case .steps(let count): record.step % max(1, count) == 0
        case .seconds(let interval):
            last.map { record.seconds - $0 >= interval || record.seconds < $0 } ?? true
        }
    }
}
