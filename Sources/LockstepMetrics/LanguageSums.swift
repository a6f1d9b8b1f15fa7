import Foundation

/// Sums for the metrics of next-token prediction.
///
/// perplexity = e^h, where h is the mean of -log p(token) in nats; bits per byte = the sum of -log p(token) / ln 2 over the number of
/// bytes of the tokens, if it is known. Label smoothing changes only the loss.
public struct LanguageSums: MetricSums, Equatable {
    /// The sum of -log p over the tokens, in nats.
    public private(set) var nats = 0.0
    /// The number of tokens.
    public private(set) var tokens = 0.0
    /// The number of bytes of the tokens.
    public private(set) var bytes = 0.0
    /// Whether the number of bytes is known.
    private let countsBytes: Bool

    /// Empty sums.
    public init(countsBytes: Bool = true) { self.countsBytes = countsBytes }

    /// The sums of some tokens.
    /// - Parameter bytes: their number of bytes; nil if it is unknown.
    public init(nats: Double, tokens: Int, bytes: Int?) {
        self.nats = nats
        self.tokens = Double(tokens)
        self.bytes = Double(bytes ?? 0)
        countsBytes = bytes != nil
    }

    public mutating func merge(_ next: LanguageSums) {
        nats += next.nats
        tokens += next.tokens
        bytes += next.bytes
    }

    public var doubles: [Double] {
        get { [nats, tokens, bytes] }
        set { (nats, tokens, bytes) = (newValue[0], newValue[1], newValue[2]) }
    }

    /// e^h; NaN without tokens.
    public var perplexity: Double { exp(nats / tokens) }

    /// The mean over bytes; NaN without tokens.
    public var bitsPerByte: Double { nats / bytes / log(2) }

    public var values: [MetricValue] {
        [MetricValue("perplexity", perplexity)]
            + (countsBytes ? [MetricValue("bits_per_byte", bitsPerByte)] : [])
    }
}
