import Lockstep

/// Two networks, one for each view, which learn to give equal embeddings to the two views of a pair.
final class Retrieval: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "retrieval"
        static let metrics = ["loss"] + RecallSums.ranks.map(RecallSums.name)
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("embedding", \.embedding, .within(1...4096), "numbers of an embedding"),
                .number("temperature", \.temperature, .within(0.001...100), "divisor of the similarities"))
        }
        var embedding = 32, temperature = 0.07

        func make(_ context: TaskContext) throws -> any LearningTask { try Retrieval(self, context) }
    }

    private let configuration: Configuration
    private let fields: [Int]
    private let towers: [any Model]

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        self.configuration = configuration
        fields = try ["left", "right"].map { try context.field($0) }
        towers = try fields.map { number in
            let field = context.schema.fields[number]
            // The model of the run file, once for each view.
            return try context.model(
                context.scope[field.name], input: ModelInput(field), outputs: configuration.embedding)
        }
    }

    /// The embeddings of left and right views: unit rows [n, embedding].
    private func embeddings(_ batch: Batch) -> [Variable] {
        zip(towers, fields).map { tower, field in unitRows(tower(batch[field])) }
    }

    private func loss(_ embeddings: [Variable]) -> WeightedLoss {
        infoNCE(embeddings[0], embeddings[1], temperature: Float(configuration.temperature))
    }

    func loss(_ batch: Batch, phase: Int) -> WeightedLoss { loss(embeddings(batch)) }

    func makeSums(_ request: MetricRequest) -> LossAnd<RecallSums> {
        LossAnd(RecallSums(width: configuration.embedding))
    }

    func evaluate(_ batch: Batch, into sums: inout LossAnd<RecallSums>) {
        let embeddings = embeddings(batch)
        sums.loss.add(loss(embeddings))
        sums.metrics.left += embeddings[0].value.floatArray
        sums.metrics.right += embeddings[1].value.floatArray
    }

    /// Both embeddings, a column for each number.
    func predict(_ batch: Batch) -> [PredictedField] {
        zip(["left", "right"], embeddings(batch)).flatMap { name, embedding in
            let (values, width) = (embedding.value.floatArray, configuration.embedding)
            return (0..<width).map { column in
                PredictedField(
                    "\(name) \(column)",
                    numbers: (0..<batch.count).map { Double(values[$0 * width + column]) })
            }
        }
    }
}
