import Foundation

/// Sums for the metrics of next-token prediction.
///
/// perplexity = e^h and bits per byte = h / ln 2, where h is the mean of -log p(token) in nats and a token is
/// a byte. Label smoothing changes only the loss.
public struct LanguageSums: MetricSums, Equatable {
    /// The sum of -log p over the tokens, in nats.
    public private(set) var nats = 0.0
    /// The number of tokens.
    public private(set) var tokens = 0.0

    /// Empty sums.
    public init() {}

    /// The sums of some tokens.
    public init(nats: Double, tokens: Int) {
        self.nats = nats
        self.tokens = Double(tokens)
    }

    public mutating func merge(_ next: LanguageSums) {
        nats += next.nats
        tokens += next.tokens
    }

    public var doubles: [Double] {
        get { [nats, tokens] }
        set { (nats, tokens) = (newValue[0], newValue[1]) }
    }

    /// e^h; NaN without tokens.
    public var perplexity: Double { exp(nats / tokens) }

    /// h / ln 2; NaN without tokens.
    public var bitsPerByte: Double { nats / tokens / log(2) }

    public var values: [MetricValue] {
        [MetricValue("perplexity", perplexity), MetricValue("bits_per_byte", bitsPerByte)]
    }
}
