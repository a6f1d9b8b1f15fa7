import LockstepAutograd
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTensors
import Testing

/// Networks with activation checkpointing train with the same bits as without, in less memory.
@Suite struct CheckpointedModelTests {
    /// A network, with or without checkpointing.
    private struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let input: ModelInput
        let outputs: Int
        let configuration: @Sendable (_ isCheckpointed: Bool) -> any ModelComponent
    }

    private static let cases = [
        Case(testDescription: "gpt", input: .tokens(vocabulary: 31, context: 12), outputs: 31) {
            GPTConfiguration(layers: 6, width: 16, heads: 2, dropout: 0.2, checkpointActivations: $0)
        },
        Case(testDescription: "gpt, untied", input: .tokens(vocabulary: 31, context: 12), outputs: 31) {
            GPTConfiguration(
                layers: 3, width: 16, heads: 4, tied: false, activation: .geluTanh, checkpointActivations: $0)
        },
        Case(testDescription: "gpt, as llama", input: .tokens(vocabulary: 31, context: 12), outputs: 31) {
            GPTConfiguration(
                layers: 6, width: 16, heads: 2, dropout: 0.2, positions: .rotary, norm: .rms,
                activation: .swiglu, bias: false, checkpointActivations: $0)
        },
        Case(testDescription: "resnet", input: .numbers(Shape(8, 8, 3)), outputs: 5) {
            ResNetConfiguration(depth: 26, width: 16, dropout: 0.2, checkpointActivations: $0)
        },
        Case(testDescription: "resnet, bottlenecks", input: .numbers(Shape(32, 32, 3)), outputs: 5) {
            ResNetConfiguration(
                width: 4, blocks: [2, 2], block: .bottleneck, stem: .conv7Pool, checkpointActivations: $0)
        },
    ]

    /// What four steps of gradient descent on two shards have given.
    private struct Training {
        var losses: [UInt32] = []
        var gradients: [UInt32] = []
        var parameters: [UInt32] = []
        var statistics: [UInt32] = []
        /// The parameters in the order in which their gradients became final.
        var ready: [String] = []
        /// The pool after the second step and at the end.
        var memory: [Int] = []
    }

    private func bits(_ values: UnsafePointer<Float>, _ count: Int) -> [UInt32] {
        (0..<count).map { values[$0].bitPattern }
    }

    private func batch(_ test: Case, samples: Int, step: Int) -> Tensor {
        let key = RandomKey(seed: 5, purpose: .test, layer: UInt64(step), minor: UInt64(samples))
        let shape = Shape([samples] + test.input.sampleShape.extents)
        if case .tokens(let vocabulary, _) = test.input {
            let ids = (0..<shape.elementCount).map { Int32(key.index(UInt64($0), below: UInt64(vocabulary))) }
            return Tensor(ids, shape: shape)
        }
        return Tensor((0..<shape.elementCount).map { key.normal(UInt64($0)) }, shape: shape)
    }

    private func train(_ test: Case, _ precision: Precision, isCheckpointed: Bool) -> Training {
        let store = ParameterStore()
        let model = test.configuration(isCheckpointed).make(
            store.root, input: test.input, outputs: test.outputs)
        store.allocate(precision: precision)
        store.initialize(seed: 2)
        // Whatever is read before it is computed again is NaN.
        let pool = StoragePool(poison: 0xFF)
        let tape = Tape(pool: pool, precision: precision)
        let gradients = Tensor(zeros: Shape(store.flatCount))
        let statistics = Tensor(zeros: Shape(max(1, store.statisticsCount)))
        var result = Training()
        for step in 0..<4 {
            for (shard, samples) in [3, 4].enumerated() {
                statistics.fillWithZeros()
                gradients.fillWithZeros()
                tape.begin(
                    mode: .training, draws: StepDraws(seed: 1, step: UInt64(step), shard: UInt64(shard)),
                    parameterVersion: UInt64(step + 1), gradients: gradients.floats,
                    statistics: statistics.floats)
                let scores = cast(
                    model(tape.constant(batch(test, samples: samples, step: step))), to: .float32)
                let labels = Tensor(
                    (0..<scores.shape.elementCount / test.outputs).map { Int32($0 % test.outputs) },
                    shape: Shape(scores.shape.extents.dropLast()))
                let loss = crossEntropy(scores, labels: labels).sum
                result.losses.append(loss.value.floats[0].bitPattern)
                tape.backward(from: loss, store: store) { result.ready.append($0.name) }
                result.gradients += bits(gradients.floats, store.flatCount)
                result.statistics += bits(statistics.floats, statistics.elementCount)
                for parameter in store.parameters {
                    for i in 0..<parameter.elementCount {
                        parameter.value.floats[i] -= 0.01 * gradients.floats[parameter.offset + i]
                    }
                }
                store.refreshRounded()
            }
            if step == 1 || step == 3 { result.memory.append(pool.allocatedByteCount) }
        }
        for parameter in store.parameters {
            result.parameters += bits(parameter.value.floats, parameter.elementCount)
        }
        return result
    }

    @Test(arguments: cases, [Precision.float32, .bfloat16])
    private func trainsWithTheSameBitsInLessMemory(_ test: Case, _ precision: Precision) {
        guard precision == .float32 || ComputeLibrary.hasBFloat16 else { return }
        let without = train(test, precision, isCheckpointed: false)
        let with = train(test, precision, isCheckpointed: true)
        #expect(with.losses == without.losses)
        #expect(with.losses.allSatisfy { Float(bitPattern: $0).isFinite } && Set(with.losses).count == 8)
        #expect(with.gradients == without.gradients)
        #expect(with.parameters == without.parameters)
        #expect(with.statistics == without.statistics)
        #expect(with.ready == without.ready)
        #expect(with.memory[0] == with.memory[1], "the pool grew")
        #expect(with.memory[1] < without.memory[1], "\(with.memory[1]) and \(without.memory[1]) bytes")
    }
}
