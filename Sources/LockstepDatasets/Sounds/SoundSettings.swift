import LockstepConfiguration

/// How recordings become sequences.
public struct SoundSettings: Sendable, Hashable {
    /// The features of a step of a sequence.
    public enum Features: String, Sendable, Hashable, CaseIterable {
        /// A sample of the recording.
        case waveform
        /// The logarithm of the power in mel bands, in a window of time.
        case logMel = "log_mel"
    }

    /// The sample rate of all files, in Hz.
    public var sampleRate = 0
    /// The maximum length of a recording, in seconds; the rest is cut off.
    public var longest = 10.0
    /// The features of a step.
    public var features = Features.logMel
    /// The number of samples in a frame.
    public var window = 512
    /// The number of samples from one frame to the next.
    public var hop = 160
    /// The number of bands.
    public var mels = 40
    /// The lowest frequency of the bands, in Hz.
    public var low = 0.0
    /// The highest frequency of the bands, in Hz; nil for half the sample rate.
    public var high: Double?
    /// The number of recordings on which means and deviations are measured.
    public var statisticsRecordings = 2000

    /// The defaults; the sample rate must be set.
    public init() {}

    /// The maximum number of samples in a recording.
    var limit: Int { max(1, Int(longest * Double(sampleRate))) }
    /// The number of features of a step.
    var width: Int { features == .waveform ? 1 : mels }

    /// The number of steps of a recording.
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
                "sample rate of all recordings, in Hz; a file with another rate is an error",
                default: .required),
            .number(
                "longest", \.longest, .above(0, upTo: 600),
                "maximum length of a recording in seconds; longer recordings are cut off, with a warning"),
            .word(
                "features", \.features,
                "features of a step of a sequence: a sample, or the log power in mel bands"),
            .integer(
                "window", \.window, .within(2...65_536),
                "for log_mel: number of samples in a frame, a power of 2"),
            .integer(
                "hop", \.hop, .within(1...65_536), "for log_mel: number of samples from one frame to the next"
            ),
            .integer("mels", \.mels, .within(1...1024), "for log_mel: number of bands"),
            .number("low", \.low, .within(0...1_000_000), "for log_mel: lowest frequency in Hz"),
            .optionalNumber(
                "high", \.high, .above(0, upTo: 1_000_000),
                "for log_mel: highest frequency in Hz; auto: half the sample rate",
                absent: "auto"),
            .integer(
                "statistics_recordings", \.statisticsRecordings, .within(1...10_000_000),
                "number of training recordings on which means and standard deviations for normalize are measured"
            ))
    }
}
