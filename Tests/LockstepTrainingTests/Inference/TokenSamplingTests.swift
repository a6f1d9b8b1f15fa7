import LockstepTraining
import Testing

/// The choice of the next token from logits.
@Suite struct TokenSamplingTests {
    private let logits: [Float] = [0, 3, 1, 3, -2]

    private func drawn(_ sampling: TokenSampling, count: Int = 2000) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for number in 0..<count { counts[sampling.choose(logits, number: number), default: 0] += 1 }
        return counts
    }

    @Test func greedyTakesTheFirstOfTheLikeliest() {
        #expect(drawn(TokenSampling(isGreedy: true)) == [1: 2000])
    }

    @Test func sharesAreThoseOfTheSoftmax() {
        let counts = drawn(TokenSampling(seed: 3), count: 20000)
        // e^0, e^3, e^1, e^3, e^-2 over their sum 44.02.
        for (token, share) in [0: 0.0227, 1: 0.4562, 2: 0.0617, 3: 0.4562, 4: 0.0031] {
            #expect(abs(Double(counts[token] ?? 0) / 20000 - share) < 0.012, "token \(token)")
        }
    }

    @Test func lowTemperaturesTakeTheLikeliest() {
        #expect(Set(drawn(TokenSampling(temperature: 0.05)).keys) == [1, 3])
    }

    @Test func topKAndTopPCutTheRest() {
        #expect(Set(drawn(TokenSampling(topK: 3)).keys) == [1, 2, 3])
        #expect(Set(drawn(TokenSampling(topK: 1)).keys) == [1])
        // The two likeliest have 0.91 of the probability, three 0.97.
        #expect(Set(drawn(TokenSampling(topP: 0.9)).keys) == [1, 3])
        #expect(Set(drawn(TokenSampling(topP: 0.93)).keys) == [1, 2, 3])
    }

    @Test func equalSeedsDrawAlike() {
        #expect(drawn(TokenSampling(seed: 5)) == drawn(TokenSampling(seed: 5)))
        #expect(drawn(TokenSampling(seed: 5)) != drawn(TokenSampling(seed: 6)))
    }

    @Test(arguments: [
        TokenSampling(temperature: 0), TokenSampling(temperature: -1), TokenSampling(temperature: .infinity),
        TokenSampling(topK: 0), TokenSampling(topP: 0), TokenSampling(topP: 1.5),
    ]) func impossibleValuesAreRefused(_ sampling: TokenSampling) {
        #expect(throws: TrainingError.self) { try sampling.validate() }
    }

    @Test func promptsHaveToBeInTheVocabulary() throws {
        try TokenPrompt.check([0, 99], vocabulary: 100)
        try TokenPrompt.check([7, 8], known: [7, 8])
        try TokenPrompt.check([9], known: [])
        #expect(throws: TrainingError.self) { try TokenPrompt.check([7, 9], known: [7, 8]) }
        #expect(throws: TrainingError.self) { try TokenPrompt.check([], vocabulary: 100) }
        do {
            try TokenPrompt.check([5, 100], vocabulary: 100)
            Issue.record("a byte outside the vocabulary was taken")
        } catch {
            #expect("\(error)".contains("byte 100 at place 1"))
        }
    }
}
