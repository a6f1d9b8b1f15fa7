import Foundation
import LockstepExperiment
import LockstepMetrics
import LockstepTasks
import LockstepTraining
import Testing

@Suite struct LanguageMetricsTests {
    @Test func perplexityAndBitsPerByte() {
        // Guessing among 256 bytes: 8 bits for each.
        var sums = LanguageSums(nats: 10 * log(256), tokens: 10, bytes: 10)
        sums.merge(LanguageSums(nats: 30 * log(256), tokens: 30, bytes: 30))
        #expect(sums.tokens == 40)
        #expect(isClose(sums.perplexity, 256, 1e-12) && isClose(sums.bitsPerByte, 8, 1e-12))
        #expect(sums.values.map(\.name) == ["perplexity", "bits_per_byte"])
        var received = LanguageSums()
        received.doubles = sums.doubles
        #expect(received == sums)
        #expect(LanguageSums().perplexity.isNaN)
    }

    @Test func bytesOfTokens() {
        // 4 bytes in each token: a quarter of the bits; the perplexity is per token.
        var sums = LanguageSums(nats: 10 * log(256), tokens: 10, bytes: 40)
        sums.merge(LanguageSums(nats: 5 * log(256), tokens: 5, bytes: 20))
        #expect(isClose(sums.perplexity, 256, 1e-12) && isClose(sums.bitsPerByte, 2, 1e-12))
        let numbers = LanguageSums(nats: 10 * log(256), tokens: 10, bytes: nil)
        #expect(numbers.values.map(\.name) == ["perplexity"])
        #expect(LanguageSums(countsBytes: false).values.map(\.name) == ["perplexity"])
    }

    @Test func smallValuesAreBetter() {
        for metric in ["validation_perplexity", "validation_bits_per_byte", "validation_loss"] {
            #expect(MetricMode.default(of: metric) == .min)
        }
        #expect(MetricMode.default(of: "validation_accuracy") == .max)
        #expect(LanguageModeling.Configuration.metrics == ["loss", "perplexity", "bits_per_byte"])
    }
}
