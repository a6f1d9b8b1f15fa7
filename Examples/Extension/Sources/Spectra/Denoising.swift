import Lockstep

/// Learns to rebuild samples from noisy copies of them, by the mean squared error. The data need one field of numbers.
final class Denoising: LearningTask {
    /// The task in a run file.
    struct Configuration: TaskComponent {
        static let name = "denoising"
        static let metrics = ["loss", "spectral_angle"]
        static var keys: KeyTable<Self> {
            KeyTable(
                .number(
                    "noise", \.noise, .within(0...1e6),
                    "standard deviation of the noise that is added to the samples in training"))
        }

        var noise = 0.1

        func make(_ context: TaskContext) throws -> any LearningTask { try Denoising(self, context) }
    }

    private let noise: Float
    /// The number of the field.
    private let field: Int
    private let network: any Model
    /// Tells the draws of this noise from those of layers.
    private let layer: UInt64

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        noise = Float(configuration.noise)
        field = try context.onlyField(.input)
        let sample = context.schema.fields[field]
        guard sample.type == .float32, sample.shape.rank == 1 else {
            throw TrainingError.model("task: denoising needs numbers [length]; the data have \(sample.shape)")
        }
        network = try context.model(input: field, outputs: sample.shape.elementCount)
        layer = context.scope.randomLayerNumber()
    }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let samples = batch[field]
        let noisy = samples + noise * normalNoise(samples.shape, layer: layer, on: batch.tape)
        return meanSquaredError(network(noisy), targets: batch.tensor(field))
    }

    func makeSums(_ request: MetricRequest) -> LossAnd<SpectralAngle> { LossAnd(SpectralAngle()) }

    func evaluate(_ batch: Batch, into sums: inout LossAnd<SpectralAngle>) throws {
        let rebuilt = cast(network(batch[field]), to: .float32)
        sums.loss.add(meanSquaredError(rebuilt, targets: batch.tensor(field)))
        for angle in SpectralAngle.angles(rebuilt.value, batch.tensor(field)) { sums.metrics.add(angle) }
    }

    func predict(_ batch: Batch) throws -> [PredictedField] {
        let rebuilt = cast(network(batch[field]), to: .float32).value
        return [PredictedField("spectral_angle", numbers: SpectralAngle.angles(rebuilt, batch.tensor(field)))]
    }
}

extension Denoising: ExportableTask {
    func exportedOutputs(_ batch: Batch) throws -> [ExportedOutput] {
        [ExportedOutput("rebuilt", cast(network(batch[field]), to: .float32))]
    }
}
