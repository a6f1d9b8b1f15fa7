import LockstepConfiguration

/// How recordings become sequences.
public struct SoundSettings: Sendable, Hashable {
    /// What a step of a sequence is.
    public enum Features: String, Sendable, Hashable, CaseIterable {
        /// A sample of the recording.
        case waveform
        /// The logarithm of the power in bands of the mel scale, in a window of time.
        case logMel = "log_mel"
    }

    /// That of all files, in Hz.
    public var sampleRate = 0
    /// The longest part of a recording that is used, in seconds, from its begin.
    public var longest = 10.0
    /// What a step is.
    public var features = Features.logMel
    /// Samples of a frame.
    public var window = 512
    /// Samples from one frame to the next.
    public var hop = 160
    /// The number of bands.
    public var mels = 40
    /// The lowest frequency of the bands, in Hz.
    public var low = 0.0
    /// The highest frequency of the bands, in Hz; nil for half the sample rate.
    public var high: Double?
    /// The number of recordings that means and deviations are measured on.
    public var statisticsRecordings = 2000

    /// Settings that still need a sample rate.
    public init() {}

    /// The largest number of samples of a recording.
    var limit: Int { max(1, Int(longest * Double(sampleRate))) }
    /// The numbers of a step.
    var width: Int { features == .waveform ? 1 : mels }

    /// The steps of a recording of some samples.
    func steps(_ samples: Int) -> Int {
        let used = min(samples, limit)
        return features == .waveform ? used : used / hop + 1
    }

    var logMel: LogMel? {
        guard features == .logMel else { return nil }
        return LogMel(
            sampleRate: sampleRate, window: window, hop: hop, mels: mels, low: low,
            high: high ?? Double(sampleRate) / 2)
    }

    public func check() throws(ComponentError) {
        guard window & (window - 1) == 0 else {
            throw ComponentError(
                path: "window", problem: "must be a power of 2, such as 512; got \(window)")
        }
        let half = Double(sampleRate) / 2
        guard (high ?? half) <= half, low < high ?? half else {
            throw ComponentError(
                path: high == nil ? "low" : "high",
                problem:
                    "must be above low (\(low)) and at most half the sample rate, \(half); got \(high ?? half)"
            )
        }
        guard steps(limit).multipliedReportingOverflow(by: width).partialValue <= 1 << 26 else {
            throw ComponentError(
                path: "longest",
                problem: "makes sequences of \(steps(limit)) steps of \(width) numbers; make it shorter")
        }
    }
}

extension SoundSettings: Configurable {
    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer(
                "sample_rate", \.sampleRate, .within(1...1_000_000),
                "samples per second of all recordings, in Hz; another one in a file is an error",
                default: .required),
            .number(
                "longest", \.longest, .above(0, upTo: 600),
                "seconds of a recording that are used, from its begin; longer ones are cut, with a warning"),
            .word(
                "features", \.features,
                "what a step of a sequence is: a sample, or the power in bands of the mel scale"),
            .integer(
                "window", \.window, .within(2...65_536), "for log_mel: samples of a frame, a power of 2"),
            .integer(
                "hop", \.hop, .within(1...65_536), "for log_mel: samples from one frame to the next"),
            .integer("mels", \.mels, .within(1...1024), "for log_mel: number of bands"),
            .number("low", \.low, .within(0...1_000_000), "for log_mel: lowest frequency in Hz"),
            .optionalNumber(
                "high", \.high, .above(0, upTo: 1_000_000),
                "for log_mel: highest frequency in Hz; auto: half the sample rate",
                absent: "auto"),
            .integer(
                "statistics_recordings", \.statisticsRecordings, .within(1...10_000_000),
                "number of training recordings that means and deviations for normalize are measured on"))
    }
}
