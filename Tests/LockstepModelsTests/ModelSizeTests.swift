import LockstepAutograd
import LockstepLayers
import LockstepModels
import LockstepTensors
import Testing

/// Networks of full size, without data.
@Suite struct ModelSizeTests {
    private let grey = Shape(28, 28, 1)
    private let colour = Shape(32, 32, 3)

    private func parameterCount(_ configuration: any ModelComponent, _ inputShape: Shape) -> Int {
        let store = ParameterStore()
        _ = configuration.make(store.root, inputShape: inputShape, outputs: 10)
        return store.parameterElementCount
    }

    @Test func parametersAreAsManyAsInPyTorch() {
        let counts = GoldenModel.counts
        #expect(parameterCount(MLPConfiguration(), grey) == counts["mlp"])
        #expect(parameterCount(CNNConfiguration(), grey) == counts["cnn"])
        #expect(parameterCount(ResNetConfiguration(), grey) == counts["resnet 20, grey"])
        #expect(parameterCount(ResNetConfiguration(), colour) == counts["resnet 20, colour"])
        #expect(parameterCount(ResNetConfiguration(depth: 56), colour) == counts["resnet 56, colour"])
        #expect(parameterCount(MobileNetConfiguration(), colour) == counts["mobilenet, colour"])
    }

    @Test func dropoutActsInTrainingAlone() {
        let configurations: [any ModelComponent] = [
            MLPConfiguration(hidden: [16], dropout: 0.5),
            CNNConfiguration(stages: [.init(channels: 2)], dense: [16], dropout: 0.5),
            ResNetConfiguration(depth: 8, width: 8, dropout: 0.5),
            MobileNetConfiguration(stem: 8, stages: [.init(channels: 16)], dropout: 0.5),
        ]
        for configuration in configurations {
            let store = ParameterStore()
            let model = configuration.make(store.root, inputShape: Shape(8, 8, 1), outputs: 3)
            store.allocate()
            store.initialize(seed: 2)
            let x = Tensor(zeros: Shape(4, 8, 8, 1))
            let key = RandomKey(seed: 3, purpose: .test)
            for index in 0..<x.elementCount { x.floats[index] = key.normal(UInt64(index)) }
            let statistics = Tensor(zeros: Shape(max(1, store.statisticsCount)))
            let tape = Tape(pool: StoragePool())
            func output(_ mode: Tape.Mode, step: UInt64) -> [Float] {
                tape.begin(
                    mode: mode, draws: StepDraws(seed: 1, step: step, shard: 0), parameterVersion: 1,
                    statistics: statistics.floats)
                return model(tape.constant(x)).value.floatArray
            }
            #expect(output(.training, step: 0) != output(.training, step: 1), "\(configuration.name)")
            #expect(output(.training, step: 1) == output(.training, step: 1), "\(configuration.name)")
            #expect(output(.inference, step: 0) == output(.inference, step: 1), "\(configuration.name)")
        }
    }
}
