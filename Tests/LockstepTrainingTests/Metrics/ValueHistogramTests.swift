import LockstepMetrics
import Testing

/// Histograms of tensors: values are counted in the bucket that holds them, and parts add up.
@Suite struct ValueHistogramTests {
    @Test func valuesAreInTheirBuckets() {
        let values: [Float] = [
            -1e30, -1.5, -1, -1e-20, 0, 0x1p-41, 0x1p-40, 0.25, 0.26, 0.28125, 1e21, .infinity, .nan,
        ]
        let histogram = ValueHistogram(values)
        #expect(histogram.count == 11 && histogram.minimum == -1e30 && histogram.maximum == 1e21)
        let filled = histogram.buckets.filter { $0.count > 0 }
        #expect(filled.map(\.count) == [1, 1, 1, 3, 1, 2, 1, 1])
        #expect(
            filled.map(\.limit) == [
                -0x1.ep65, -1.5, -1, 0x1p-40, 0x1.2p-40, 0.28125, 0.3125,
                Double(Float.greatestFiniteMagnitude),
            ])
        // Empty neighbors are one bucket.
        #expect(!zip(histogram.buckets, histogram.buckets.dropFirst()).contains { $0.count + $1.count == 0 })
    }

    @Test func sumsAreOfScaledValues() {
        let histogram = ValueHistogram([1, -3, 5], scale: 0.5)
        #expect(histogram.sum == 1.5 && histogram.sumOfSquares == 8.75)
        #expect(histogram.minimum == -1.5 && histogram.maximum == 2.5)
    }

    @Test func partsAddUp() {
        let values = (0..<10_000).map { Float(($0 * 7919) % 20_011 - 10_005) / 1000 }
        var sum = ValueHistogram(values[..<4096])
        sum += ValueHistogram(values[4096...])
        let whole = ValueHistogram(values)
        #expect(sum.count == 10_000 && sum.minimum == whole.minimum && sum.maximum == whole.maximum)
        #expect(sum.buckets.map(\.count) == whole.buckets.map(\.count))
        #expect(abs(sum.sum - whole.sum) < 1e-9 && abs(sum.sumOfSquares - whole.sumOfSquares) < 1e-6)
    }

    @Test func wordsAreReadBack() {
        let histogram = ValueHistogram([-2, 0, 1e-3, 7])
        var words = (histogram.words + [5])[...]
        #expect(ValueHistogram(words: &words) == histogram && Array(words) == [5])
        var none = ValueHistogram([]).words[...]
        #expect(ValueHistogram(words: &none) == ValueHistogram([]))
    }
}
