import LockstepInference
import LockstepTasks
import LockstepTraining
import Testing

/// The choice of the next token from logits.
@Suite struct TokenSamplingTests {
    private let logits: [Float] = [0, 3, 1, 3, -2]

    private func drawn(_ sampling: TokenSampling, count: Int = 2000) throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for number in 0..<count { counts[try sampling.choose(logits, number: number), default: 0] += 1 }
        return counts
    }

    @Test func greedyTakesTheFirstOfTheLikeliest() throws {
        #expect(try drawn(TokenSampling(isGreedy: true)) == [1: 2000])
    }

    @Test func sharesAreThoseOfTheSoftmax() throws {
        let counts = try drawn(TokenSampling(seed: 3), count: 20000)
        // e^0, e^3, e^1, e^3, e^-2 over their sum 44.02.
        for (token, share) in [0: 0.0227, 1: 0.4562, 2: 0.0617, 3: 0.4562, 4: 0.0031] {
            #expect(abs(Double(counts[token] ?? 0) / 20000 - share) < 0.012, "token \(token)")
        }
    }

    @Test func lowTemperaturesTakeTheLikeliest() throws {
        #expect(Set(try drawn(TokenSampling(temperature: 0.05)).keys) == [1, 3])
    }

    @Test func topKAndTopPCutTheRest() throws {
        #expect(Set(try drawn(TokenSampling(topK: 3)).keys) == [1, 2, 3])
        #expect(Set(try drawn(TokenSampling(topK: 1)).keys) == [1])
        // The two likeliest have 0.91 of the probability, three 0.97.
        #expect(Set(try drawn(TokenSampling(topP: 0.9)).keys) == [1, 3])
        #expect(Set(try drawn(TokenSampling(topP: 0.93)).keys) == [1, 2, 3])
    }

    @Test func equalSeedsDrawAlike() throws {
        #expect(try drawn(TokenSampling(seed: 5)) == drawn(TokenSampling(seed: 5)))
        #expect(try drawn(TokenSampling(seed: 5)) != drawn(TokenSampling(seed: 6)))
    }

    @Test(arguments: [
        TokenSampling(temperature: 0), TokenSampling(temperature: -1), TokenSampling(temperature: .infinity),
        TokenSampling(topK: 0), TokenSampling(topP: 0), TokenSampling(topP: 1.5),
    ]) func impossibleValuesAreRefused(_ sampling: TokenSampling) {
        #expect(throws: TrainingError.self) { try sampling.validate() }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [true, false])
    func logitsThatAreNoNumbersAreRefused(_ value: Float, _ isGreedy: Bool) {
        do {
            let token = try TokenSampling(isGreedy: isGreedy).choose([0, 1, value, 2], number: 7)
            Issue.record("token \(token) was chosen")
        } catch {
            #expect("\(error)".contains("logit of token 2 for token 7 of the text is \(value)"), "\(error)")
        }
    }

    @Test func promptsHaveToBeInTheVocabulary() throws {
        try TokenPrompt.check([0])
        try TokenPrompt.check([7, 8], vocabulary: 256, known: [7, 8])
        try TokenPrompt.check([9], vocabulary: 10, known: [])
        #expect(throws: TrainingError.self) { try TokenPrompt.check([UInt8]()) }
        do {
            try TokenPrompt.check([7, 9], vocabulary: 256, known: [7, 8])
            Issue.record("a byte outside the vocabulary was taken")
        } catch {
            #expect("\(error)".contains("byte 9 at position 1"))
        }
        do {
            try TokenPrompt.check([7, 10], vocabulary: 10, known: [])
            Issue.record("a token outside the vocabulary was taken")
        } catch {
            #expect("\(error)".contains("token 10 at position 1, but the model has 10 tokens, 0 to 9"))
        }
        #expect(try TokenPrompt.tokens("1, 2,30") == [1, 2, 30])
        for list in ["", "1,", "1 a", "-1", "1;2", "99999999999"] {
            #expect(throws: TrainingError.self) { try TokenPrompt.tokens(list) }
        }
    }
}
