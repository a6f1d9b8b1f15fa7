/// Samples per second between one logged step and the next.
public struct Throughput {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastTime: ContinuousClock.Instant
    private var lastSamples: Int
    private let firstSamples: Int

    /// Starts the clock, after `samples` were seen.
    public init(samples: Int = 0) {
        start = clock.now
        lastTime = start
        lastSamples = samples
        firstSamples = samples
    }

    /// The time since the start, in seconds.
    public var seconds: Double { (clock.now - start) / .seconds(1) }

    /// Samples per second since the last call, `samples` being the number seen until now.
    public mutating func rate(samples: Int) -> Double {
        let now = clock.now
        let rate = Double(samples - lastSamples) / ((now - lastTime) / .seconds(1))
        lastTime = now
        lastSamples = samples
        return rate
    }

    /// Samples per second since the start.
    public func average(samples: Int) -> Double { Double(samples - firstSamples) / seconds }
}
