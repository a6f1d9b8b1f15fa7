import LockstepAutograd
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTensors
import Testing

/// The options of a GPT's blocks: gradients by differences, and continuing a sequence step by step.
@Suite struct GPTOptionTests {
    /// A language model of 19 tokens.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let configuration: any ModelComponent

        init(_ name: String, _ configuration: any ModelComponent) {
            testDescription = name
            self.configuration = configuration
        }
    }

    private static let vocabulary = 19
    private static let context = 24

    private static let gpts = [
        Case("defaults", GPTConfiguration(layers: 2, width: 16, heads: 2)),
        Case("rotary", GPTConfiguration(layers: 2, width: 16, heads: 4, positions: .rotary)),
        Case("rms", GPTConfiguration(layers: 2, width: 16, heads: 2, norm: .rms)),
        Case("swiglu", GPTConfiguration(layers: 2, width: 16, heads: 2, activation: .swiglu)),
        Case("no biases", GPTConfiguration(layers: 2, width: 16, heads: 2, hidden: 24, bias: false)),
        Case("grouped", GPTConfiguration(layers: 2, width: 16, heads: 4, kvHeads: 2)),
        Case(
            "llama",
            GPTConfiguration(
                layers: 2, width: 12, heads: 2, kvHeads: 1, tied: false, positions: .rotary, norm: .rms,
                activation: .swiglu, hidden: 20, bias: false)),
    ]

    private static let recurrent = [
        Case("lstm", LSTMConfiguration(.init(layers: 2, embedding: 5, hidden: 6))),
        Case("gru", GRUConfiguration(.init(layers: 1, embedding: 5, hidden: 6))),
        Case("rnn", RNNConfiguration(.init(layers: 2, embedding: 5, hidden: 6))),
    ]

    private func build(_ test: Case, _ precision: Precision = .float32) -> (ParameterStore, any Model) {
        let store = ParameterStore()
        let model = test.configuration.make(
            store.root, input: .tokens(vocabulary: Self.vocabulary, context: Self.context),
            outputs: Self.vocabulary)
        store.allocate(precision: precision)
        store.initialize(seed: 1)
        // Larger weights than at the start of training, so that every part has an influence.
        for (index, parameter) in store.parameters.enumerated() {
            let key = RandomKey(seed: 3, purpose: .test, layer: UInt64(index))
            for i in 0..<parameter.elementCount { parameter.value.floats[i] += 0.3 * key.normal(UInt64(i)) }
        }
        store.refreshRounded()
        return (store, model)
    }

    private func ids(_ samples: Int, _ steps: Int) -> Tensor {
        let key = RandomKey(seed: 5, purpose: .test)
        let ids = (0..<samples * steps).map {
            Int32(key.index(UInt64($0), below: UInt64(Self.vocabulary)))
        }
        return Tensor(ids, shape: Shape(samples, steps))
    }

    /// Along a random direction for each parameter, which must not hide a small wrong gradient behind large right ones.
    @Test(arguments: gpts) func gradientsAreThoseOfDifferences(_ test: Case) {
        let (store, model) = build(test)
        let tape = Tape(pool: StoragePool())
        let upstream = Tensor(zeros: Shape(3, 7, Self.vocabulary))
        let key = RandomKey(seed: 8, purpose: .test)
        for i in 0..<upstream.elementCount { upstream.floats[i] = key.normal(UInt64(i)) }
        var version: UInt64 = 0
        func outputs(_ gradients: Tensor?) -> Variable {
            version += 1
            tape.begin(mode: .training, parameterVersion: version, gradients: gradients?.floats)
            return model(tape.constant(ids(3, 7)))
        }
        func loss() -> Double {
            let y = outputs(nil).value
            return (0..<y.elementCount).reduce(0) { $0 + Double(y.floats[$1]) * Double(upstream.floats[$1]) }
        }
        let gradients = Tensor(zeros: Shape(store.flatCount))
        let y = outputs(gradients)
        tape.backward(from: sum(y * tape.constant(upstream)), store: store)
        for (index, parameter) in store.parameters.enumerated() {
            let key = RandomKey(seed: 9, purpose: .test, layer: UInt64(index))
            let direction = (0..<parameter.elementCount).map { key.normal(UInt64($0)) }
            let before = (0..<parameter.elementCount).map { parameter.value.floats[$0] }
            func move(_ distance: Float) -> Double {
                for i in direction.indices { parameter.value.floats[i] = before[i] + distance * direction[i] }
                return loss()
            }
            let distance: Float = 2e-3
            let difference = (move(distance) - move(-distance)) / Double(2 * distance)
            _ = move(0)
            var (expected, scale) = (0.0, 0.0)
            for i in direction.indices {
                let gradient = Double(gradients.floats[parameter.offset + i])
                expected += gradient * Double(direction[i])
                scale += gradient * gradient
            }
            #expect(scale > 0, "\(parameter.name) has no gradient")
            #expect(
                abs(difference - expected) < 5e-3 * max(1, scale.squareRoot()),
                "\(parameter.name): \(difference) by differences, \(expected)")
        }
    }

    /// Each step's outputs are those of a pass over the whole sequence, whatever the parts that it comes in.
    @Test(arguments: gpts + recurrent, [Precision.float32, .bfloat16])
    func stepsAreThoseOfAWholePass(_ test: Case, _ precision: Precision) throws {
        if precision == .bfloat16, !ComputeLibrary.hasBFloat16 { return }
        let (store, model) = build(test, precision)
        // The memory of the parameters is the store's.
        defer { withExtendedLifetime(store) {} }
        let network = try #require(model as? any IncrementalModel)
        let tape = Tape(pool: StoragePool(), precision: precision)
        let ids = ids(1, Self.context)
        tape.begin(mode: .inference, parameterVersion: 1)
        let whole = cast(model(tape.constant(ids)), to: .float32).value.floatArray
        let scale = whole.map { abs($0) }.max() ?? 0
        let memory = network.makeMemory(capacity: Self.context, precision: precision)
        for parts in [[24], [7, 1, 1, 1, 4, 1, 9], Array(repeating: 1, count: 24)] {
            memory.clear()
            var first = 0
            for part in parts {
                let tokens = Tensor((first..<first + part).map { ids.int32s[$0] }, shape: Shape(1, part))
                tape.begin(mode: .inference, parameterVersion: 1)
                let y = cast(network(tape.constant(tokens), after: memory), to: .float32).value
                for i in 0..<y.elementCount {
                    let expected = whole[first * Self.vocabulary + i]
                    let tolerance = precision == .float32 ? 1e-5 : 0.06 as Float
                    #expect(
                        abs(y.floats[i] - expected) <= tolerance * max(1, scale),
                        "step \(first + i / Self.vocabulary) of \(parts): \(y.floats[i]), whole \(expected)")
                }
                first += part
            }
        }
    }

    @Test func theDefaultWidthOfTheNetwork() {
        #expect(GPTConfiguration(width: 256).defaultHidden == 1024)
        #expect(GPTConfiguration(width: 256, activation: .swiglu).defaultHidden == 704)
        #expect(GPTConfiguration(width: 96, activation: .swiglu).defaultHidden == 256)
    }
}
