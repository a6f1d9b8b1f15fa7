import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors
import Testing

@Suite struct LayerTests {
    @Test func parametersHavePyTorchNamesAndShapes() {
        let store = ParameterStore()
        _ = Linear(store.root["fc"], inputs: 12, outputs: 5)
        _ = Convolution2D(
            store.root["conv"], inputChannels: 6, outputChannels: 4, kernelSize: 3, groups: 2, bias: false)
        _ = BatchNormalization(store.root["bn"], channels: 4)
        _ = LayerNormalization(store.root["ln"], channels: 7)
        _ = Embedding(store.root["table"], entries: 10, width: 3)
        #expect(
            store.parameters.map { "\($0.name) \($0.shape)" } == [
                "fc.weight [5, 12]", "fc.bias [5]", "conv.weight [4, 3, 3, 3]", "bn.weight [4]",
                "bn.bias [4]",
                "ln.weight [7]", "ln.bias [7]", "table.weight [10, 3]",
            ])
        #expect(store.statistics.map(\.path) == ["bn"])
    }

    @Test func initializersHaveTheirMoments() {
        let shape = Shape(64, 32, 3, 3)
        let key = RandomKey(seed: 1, purpose: .initialization, layer: 3)
        let fans = (inputs: 288.0, outputs: 576.0)
        let cases: [(ParameterInitializer, variance: Double, bound: Double)] = [
            (Initializers.heUniform, 2 / fans.inputs, (6 / fans.inputs).squareRoot()),
            (Initializers.heNormal, 2 / fans.inputs, .infinity),
            (Initializers.xavierUniform, 2 / (fans.inputs + fans.outputs), (6 / 864.0).squareRoot()),
            (Initializers.xavierNormal, 2 / (fans.inputs + fans.outputs), .infinity),
            (Initializers.fanInUniform, 1 / (3 * fans.inputs), (1 / fans.inputs).squareRoot()),
        ]
        for (initializer, variance, bound) in cases {
            let tensor = Tensor(zeros: shape)
            initializer(tensor.floats, shape, key)
            let values = tensor.floatArray.map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            #expect(abs(mean) < 4 * (variance / Double(values.count)).squareRoot())
            #expect(abs(square / variance - 1) < 0.05)
            #expect(values.allSatisfy { abs($0) <= bound * 1.000001 })
        }
        let ones = Tensor(zeros: Shape(3))
        Initializers.ones(ones.floats, ones.shape, key)
        #expect(ones.floatArray == [1, 1, 1])
    }

    @Test func dropoutLayersDrawDifferentMasks() {
        let store = ParameterStore()
        let first = Dropout(store.root, probability: 0.5)
        let second = Dropout(store.root, probability: 0.5)
        let tape = Tape(pool: StoragePool())
        let ones = Tensor([Float](repeating: 1, count: 4000), shape: Shape(4, 1000))
        tape.begin(mode: .training, draws: StepDraws(seed: 1, step: 2, shard: 3))
        let a = first(tape.constant(ones)).value.floatArray
        let b = second(tape.constant(ones)).value.floatArray
        #expect(a != b)
        #expect(a.allSatisfy { $0 == 0 || $0 == 2 })
        #expect(abs(a.reduce(0, +) / 4000 - 1) < 0.1)
        tape.begin(mode: .training, draws: StepDraws(seed: 1, step: 2, shard: 3))
        #expect(first(tape.constant(ones)).value.floatArray == a)
        tape.begin(mode: .training, draws: StepDraws(seed: 1, step: 3, shard: 3))
        #expect(first(tape.constant(ones)).value.floatArray != a)
        tape.begin(mode: .inference)
        #expect(first(tape.constant(ones)).value.floatArray == ones.floatArray)
    }

    /// Weights and expected numbers are those of torch.nn.Sequential with weights (i % 7 - 3) / 8 and inputs (i % 5 - 2) / 4.
    @Test func sequenceEqualsPyTorch() {
        let store = ParameterStore()
        let scope = store.root
        let pattern: ParameterInitializer = { place, shape, _ in
            for i in 0..<shape.elementCount { place[i] = Float(i % 7 - 3) / 8 }
        }
        let network = Sequential([
            Convolution2D(
                scope[0], inputChannels: 1, outputChannels: 2, kernelSize: 3, padding: 1,
                initializer: pattern),
            Activation.tanh, Pooling2D.maximum(kernel: 2), Flatten(),
            LayerNormalization(scope[4], channels: 8),
            Linear(scope[5], inputs: 8, outputs: 3, initializer: pattern, biasInitializer: pattern),
            Activation.gelu(), Dropout(scope, probability: 0.5),
        ])
        #expect(
            store.parameters.map(\.name).joined(separator: " ")
                == "0.weight 0.bias 4.weight 4.bias 5.weight 5.bias")
        store.allocate()
        store.initialize(seed: 1)
        let x = Tensor(zeros: Shape(2, 4, 4, 1))
        for i in 0..<x.elementCount { x.floats[i] = Float(i % 5 - 2) / 4 }
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let y = network(tape.constant(x))
        #expect(y.shape == Shape(2, 3))
        let expected: [Float] = [-0.15819249, -0.16346856, 0.076389578, -0.065581703, -0.1682442, -0.1624959]
        #expect(zip(y.value.floatArray, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func embeddingLooksRowsUp() {
        let store = ParameterStore()
        let table = Embedding(store.root["table"], entries: 4, width: 2) { place, shape, _ in
            for i in 0..<shape.elementCount { place[i] = Float(i) }
        }
        store.allocate()
        store.initialize(seed: 1)
        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .inference)
        let y = table(Tensor([3, 0] as [Int32], shape: Shape(1, 2)), on: tape)
        #expect(y.shape == Shape(1, 2, 2))
        #expect(y.value.floatArray == [6, 7, 0, 1])
    }
}
