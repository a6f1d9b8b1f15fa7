import LockstepAutograd
import LockstepInference
import LockstepLayers
import LockstepModels
import LockstepTensors
import Testing

/// What a language model reads to write the next token.
@Suite struct TokenDecoderTests {
    private static let (vocabulary, context) = (31, 16)

    private static let models: [any ModelComponent] = [
        GPTConfiguration(layers: 2, width: 16, heads: 2),
        GPTConfiguration(
            layers: 2, width: 16, heads: 2, positions: .rotary, norm: .rms, activation: .swiglu, bias: false),
        LSTMConfiguration(.init(layers: 2, embedding: 5, hidden: 8)),
        GRUConfiguration(.init(layers: 1, embedding: 5, hidden: 8)),
    ]

    /// A network with weights that give some tokens much more probability than others, and the owner of their memory.
    private func network(
        _ component: any ModelComponent
    ) throws -> (store: ParameterStore, model: any IncrementalModel) {
        let store = ParameterStore()
        let model = component.make(
            store.root, input: .tokens(vocabulary: Self.vocabulary, context: Self.context),
            outputs: Self.vocabulary)
        store.allocate(precision: .float32)
        store.initialize(seed: 1)
        for (index, parameter) in store.parameters.enumerated() {
            let key = RandomKey(seed: 3, purpose: .test, layer: UInt64(index))
            for i in 0..<parameter.elementCount { parameter.value.floats[i] += 0.7 * key.normal(UInt64(i)) }
        }
        return (store, try #require(model as? any IncrementalModel))
    }

    private func text(
        _ decoder: any TokenDecoder, _ sampling: TokenSampling, prompt: [Int32], count: Int
    ) throws -> [Int32] {
        var tokens = prompt
        for number in 0..<count {
            tokens.append(Int32(try sampling.choose(decoder.logits(after: tokens), number: number)))
        }
        return tokens
    }

    /// Far beyond the end of the context.
    @Test(arguments: models) func memoryDoesNotChangeTheText(_ component: any ModelComponent) throws {
        let (store, network) = try network(component)
        defer { withExtendedLifetime(store) {} }
        let incremental = IncrementalDecoder(network, context: Self.context, precision: .float32)
        let whole = WindowDecoder(
            network, context: Self.context, advance: IncrementalDecoder.advance(context: Self.context),
            precision: .float32)
        // One decoder writes all texts: what it keeps of one must not get into the next one.
        for (sampling, prompt) in [
            (TokenSampling(isGreedy: true), [3]), (TokenSampling(seed: 4), [3, 7]),
            (TokenSampling(temperature: 0.8, topK: 9, seed: 5), (0..<40).map { $0 % 31 }),
            (TokenSampling(topP: 0.9, seed: 5), (0..<16).map { $0 % 31 }),
        ] as [(TokenSampling, [Int32])] {
            let texts = try [incremental as any TokenDecoder, whole].map {
                try text($0, sampling, prompt: prompt, count: 90)
            }
            #expect(texts[0] == texts[1])
            #expect(Set(texts[0]).count > 2, "the text shows nothing: \(texts[0])")
        }
    }

    /// Asking twice for the same text computes it again.
    @Test func equalTextsHaveEqualLogits() throws {
        let (store, network) = try network(Self.models[0])
        defer { withExtendedLifetime(store) {} }
        let decoder = IncrementalDecoder(network, context: Self.context, precision: .float32)
        let first = decoder.logits(after: [1, 2, 3])
        #expect(decoder.logits(after: [1, 2, 3]) == first)
        #expect(decoder.logits(after: [1, 2]) != first)
        #expect(decoder.logits(after: [1, 2, 3]) == first)
    }

    @Test func windowsAdvanceByAQuarterOfTheContext() {
        let window = TokenWindow(context: 16, advance: 4)
        let starts = [1, 16, 17, 20, 21, 24, 25, 40].map { window.start(of: $0) }
        #expect(starts == [0, 0, 4, 4, 8, 8, 12, 24])
        #expect(
            (1...100).allSatisfy { $0 - TokenWindow(context: 16, advance: 1).start(of: $0) == min($0, 16) })
        // Even the smallest contexts see the last token.
        #expect((1...9).allSatisfy { TokenWindow(context: 1, advance: 4).start(of: $0) == $0 - 1 })
    }
}
