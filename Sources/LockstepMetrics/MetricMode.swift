/// Which values of a metric are better.
public enum MetricMode: String, Codable, Sendable, CaseIterable {
    /// Small values.
    case min
    /// Large values.
    case max

    /// The default mode of a metric: `min` for losses, errors, perplexities and bits per byte, otherwise
    /// `max`.
    public static func `default`(of metric: String) -> MetricMode {
        ["loss", "error", "perplexity", "bits_per_byte"].contains(where: metric.hasSuffix) ? .min : .max
    }
}
