import Lockstep

/// Form and frequency of a wave, by two heads on one network: the sum of two losses.
final class WaveForms: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "wave_forms"
        static let metrics = ["loss", "form_loss", "frequency_loss", "accuracy", "frequency_error"]
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("features", \.features, .within(1...4096), "outputs of the network below the heads"),
                .number("share", \.share, .within(0...1000), "factor on the loss of the frequency"))
        }
        var features = 32, share = 1.0

        func make(_ context: TaskContext) throws -> any LearningTask { try WaveForms(self, context) }
    }

    let phases = [TrainingPhase(sums: ["form_loss", "frequency_loss"])]

    private let share: Float
    /// The fields of the data.
    private let (signal, form, frequency): (Int, Int, Int)
    /// The names of the forms, and the units of frequencies: what the data set knows and the task needs.
    private let names: [String]
    private let units: BatchField.Units
    private let network: any Model
    private let (formHead, frequencyHead): (Linear, Linear)

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        share = Float(configuration.share)
        (signal, form, frequency) = (
            try context.field("signal"), try context.field("form"), try context.field("frequency")
        )
        let fields = context.schema.fields
        guard let classes = fields[form].classes, let units = fields[frequency].units.first else {
            throw TrainingError.model(
                "wave_forms needs classes of 'form' and units of 'frequency', and the data have: "
                    + context.schema.description)
        }
        names = fields[form].classNames
        self.units = units
        network = try context.model(
            context.scope["network"], input: ModelInput(fields[signal]), outputs: configuration.features)
        formHead = Linear(context.scope["form"], inputs: configuration.features, outputs: classes)
        frequencyHead = Linear(context.scope["frequency"], inputs: configuration.features, outputs: 1)
    }

    /// Logits of the forms [n, classes], and standardized frequencies [n, 1]; both float32.
    private func outputs(_ batch: Batch) -> (form: Variable, frequency: Variable) {
        let features = relu(network(batch[signal]))
        return (cast(formHead(features), to: .float32), cast(frequencyHead(features), to: .float32))
    }

    /// log cosh of the errors, summed: near 0 half their square, far from it their size. Differentiable everywhere.
    private func logCosh(_ x: Variable, _ targets: Variable) -> Variable {
        let error = x - targets
        return sum(error + softplus(-2 * error) - 0.693_147_2)
    }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let (logits, frequencies) = outputs(batch)
        let formLoss = crossEntropy(logits, labels: batch.tensor(form))
        let frequencyLoss = logCosh(frequencies, batch[frequency])
        batch.record(0, sum: formLoss.sumValue)
        batch.record(1, sum: Double(frequencyLoss.value.floats[0]))
        return WeightedLoss(sum: formLoss.sum + share * frequencyLoss, weight: Double(batch.count))
    }

    func makeSums(_ request: MetricRequest) -> NamedMeans { NamedMeans(Configuration.metrics) }

    func evaluate(_ batch: Batch, into sums: inout NamedMeans) throws {
        let (logits, frequencies) = outputs(batch)
        let formLoss = crossEntropy(logits, labels: batch.tensor(form)).sumValue
        let frequencyLoss = Double(logCosh(frequencies, batch[frequency]).value.floats[0])
        let (labels, errors) = (batch.tensor(form).int32s, errors(batch, frequencies))
        let right = best(logits).enumerated().count { labels[$0.offset] == $0.element }
        sums.add(
            [
                formLoss + Double(share) * frequencyLoss, formLoss, frequencyLoss, Double(right),
                errors.reduce(0, +),
            ],
            samples: batch.count)
    }

    func predict(_ batch: Batch) throws -> [PredictedField] {
        let (logits, frequencies) = outputs(batch)
        let hertz = frequencies.value.floatArray.map { units.mean + units.deviation * Double($0) }
        let columns = [
            PredictedField("form", texts: best(logits).map { names[$0] }),
            PredictedField("frequency", numbers: hertz),
        ]
        // Without targets their fields are zeros, and an error would be meaningless.
        guard batch.hasTargets else { return columns }
        return columns + [PredictedField("error", numbers: errors(batch, frequencies))]
    }

    /// The form with the largest logit, for each sample.
    private func best(_ logits: Variable) -> [Int] {
        let (values, classes) = (logits.value.floatArray, logits.shape[1])
        return (0..<logits.shape[0]).map { row in
            (0..<classes).max { values[row * classes + $0] < values[row * classes + $1] } ?? 0
        }
    }

    /// The distance of each frequency from its target, in Hz.
    private func errors(_ batch: Batch, _ frequencies: Variable) -> [Double] {
        zip(frequencies.value.floatArray, batch.tensor(frequency).floatArray).map {
            units.deviation * Double(abs($0 - $1))
        }
    }
}
