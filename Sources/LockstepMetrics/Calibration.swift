import LockstepContracts

/// Whether predicted probabilities are the shares with which predictions come true.
///
/// Samples are put into bins of equal width by their probability. Source: Guo et al., On Calibration of Modern Neural
/// Networks, 2017.
public struct Calibration: Sendable, Equatable {
    /// The samples whose probability lies in one bin.
    public struct Bin: Sendable, Equatable {
        /// Their number; at least 1.
        public var samples: Int
        /// The mean of their probabilities.
        public var probability: Double
        /// The share of them for which the prediction is true.
        public var share: Double
    }

    /// The bins that have samples, by rising probability.
    public let bins: [Bin]
    /// The mean distance between probability and share, weighted by the samples: the expected calibration error. nan without
    /// samples.
    public let expectedError: Double

    /// The bins of samples. Those whose probability is nan are left out.
    ///
    /// Shapes: probabilities [n], each from 0 to 1; isTrue [n].
    public init(probabilities: [Double], isTrue: [Bool], bins count: Int = 10) {
        contract(
            probabilities.count == isTrue.count && count > 0,
            "Calibration: \(probabilities.count) probabilities for \(isTrue.count) samples in \(count) bins")
        var sums = [(samples: Int, probability: Double, hits: Int)](repeating: (0, 0, 0), count: count)
        for (probability, hit) in zip(probabilities, isTrue) where !probability.isNaN {
            // The first bin includes 0; every bin includes its upper end.
            let bin = max(0, min(count - 1, Int((probability * Double(count)).rounded(.up)) - 1))
            sums[bin].samples += 1
            sums[bin].probability += probability
            if hit { sums[bin].hits += 1 }
        }
        bins = sums.filter { $0.samples > 0 }.map {
            Bin(
                samples: $0.samples, probability: $0.probability / Double($0.samples),
                share: Double($0.hits) / Double($0.samples))
        }
        let all = Double(bins.reduce(0) { $0 + $1.samples })
        expectedError =
            all == 0
            ? .nan : bins.reduce(0) { $0 + Double($1.samples) / all * abs($1.probability - $1.share) }
    }
}
