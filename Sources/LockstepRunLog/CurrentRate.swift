/// The throughput over the last second or more, evaluations and checkpoints not counted.
///
/// A mean since the start would contain the slow first steps, and climb for minutes.
struct CurrentRate {
    /// The shortest interval that a rate is measured over, in seconds.
    private static let interval = 1.0

    private var samples = 0
    private var seconds = Double.nan
    private var measured: Double?

    /// Samples per second after a step; nil after the first one. Until the first interval has passed, it is the mean
    /// since the first step.
    mutating func rate(after record: StepRecord) -> Double? {
        guard record.trainingSeconds.isFinite else { return record.samplesPerSecond }
        if seconds.isNaN {
            (samples, seconds) = (record.samples, record.trainingSeconds)
            return nil
        }
        let elapsed = record.trainingSeconds - seconds
        guard elapsed > 0 else { return measured }
        let rate = Double(record.samples - samples) / elapsed
        guard elapsed >= Self.interval else { return measured ?? rate }
        (samples, seconds, measured) = (record.samples, record.trainingSeconds, rate)
        return rate
    }
}
