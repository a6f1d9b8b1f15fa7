import Lockstep

/// Predicts ratings from embeddings of users and items: the run file's model reads both and their product, side by side.
///
/// Source: He et al.: Neural Collaborative Filtering, 2017, sections 3.2 and 3.3, with one pair of tables for both parts.
final class Recommendation: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "recommendation"
        static let metrics = ["loss", "mean_absolute_error", "root_mean_squared_error", "r2"]
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("embedding", \.embedding, .within(1...4096), "numbers of an embedding"),
                .number("deviation", \.deviation, .within(0...10), "deviation of new embeddings"),
                .flag("sparse", \.sparse, "whether a step updates only the rows that its batch uses"))
        }
        var embedding = 64, deviation = 0.05, sparse = true

        func make(_ context: TaskContext) throws -> any LearningTask { try Recommendation(self, context) }
    }

    private let fields: [Int]
    private let rating: Int
    private let tables: [Embedding]
    private let network: any Model

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        let names = ["user", "item"]
        fields = try names.map { try context.field($0) }
        rating = try context.field("rating")
        tables = try zip(names, fields).map { name, field in
            guard let entries = context.schema.fields[field].classes else {
                throw TrainingError.model("recommendation needs the number of \(name)s")
            }
            return Embedding(
                context.scope[name], entries: entries, width: configuration.embedding,
                isSparse: configuration.sparse,
                initializer: Initializers.normal(Float(configuration.deviation)))
        }
        network = try context.model(
            context.scope["network"], input: .numbers(Shape(3 * configuration.embedding)), outputs: 1)
    }

    private func predictions(_ batch: Batch) -> Variable {
        // Without arrays, so that a step does not allocate memory.
        let user = tables[0](batch.tensor(fields[0]), on: batch.tape)
        let item = tables[1](batch.tensor(fields[1]), on: batch.tape)
        return network(concatenate(concatenate(user, item, axis: 1), user * item, axis: 1))
    }

    private func loss(_ predictions: Variable, _ batch: Batch) -> WeightedLoss {
        meanSquaredError(predictions, targets: batch.tensor(rating))
    }

    func loss(_ batch: Batch, phase: Int) -> WeightedLoss { loss(predictions(batch), batch) }

    func makeSums(_ request: MetricRequest) -> LossAnd<RegressionSums> { LossAnd(RegressionSums(outputs: 1)) }

    func evaluate(_ batch: Batch, into sums: inout LossAnd<RegressionSums>) {
        let predictions = predictions(batch)
        sums.loss.add(loss(predictions, batch))
        sums.metrics.add(
            predictions: cast(predictions, to: .float32).value.floatArray,
            targets: batch.tensor(rating).floats, rows: batch.count)
    }

    func predict(_ batch: Batch) -> [PredictedField] {
        func column(_ name: String, _ value: (Int) -> Double) -> PredictedField {
            PredictedField(name, numbers: (0..<batch.count).map(value))
        }
        let predictions = cast(predictions(batch), to: .float32).value
        let ids = fields.map { batch.tensor($0).int32s }
        return [
            column("user") { Double(ids[0][$0]) }, column("item") { Double(ids[1][$0]) },
            column("rating") { Double(batch.tensor(rating).floats[$0]) },
            column("prediction") { Double(predictions.floats[$0]) },
        ]
    }
}
