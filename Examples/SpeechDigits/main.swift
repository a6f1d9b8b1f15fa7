// Spoken digits: sequences of different lengths (13 cepstral coefficients for each frame), classified by a
// bidirectional GRU that gets the length of each sequence.
//
//   scripts/setup --with-speech-digits
//   swift build -c release --product SpeechDigits
//   scripts/launch -n 2 .build/release/SpeechDigits train Examples/SpeechDigits/speech-digits.yaml
import Lockstep

/// A bidirectional recurrent network over padded sequences; the mean of its states over a sequence's own steps is classified.
struct SequenceClassifier {
    private let recurrent: Recurrent
    private let dropout: Dropout
    private let output: Linear

    init(_ scope: ParameterScope, _ configuration: SpokenDigits.Configuration, features: Int, classes: Int) {
        recurrent = Recurrent(
            scope["gru"], cell: .gru, inputs: features, units: configuration.units,
            layers: configuration.layers, isBidirectional: true, dropout: Float(configuration.dropout))
        dropout = Dropout(scope, probability: Float(configuration.dropout))
        output = Linear(scope["output"], inputs: 2 * configuration.units, outputs: classes)
    }

    /// The logits. Shapes: x [N, T, features], lengths [N]; result [N, classes].
    func callAsFunction(_ x: Variable, lengths: Tensor) -> Variable {
        let states = recurrent(permute(x, Axes(1, 0, 2)), lengths: lengths)
        return output(dropout(sum(states * weights(lengths, like: states), over: 0)))
    }

    /// 1 / length for the steps of each sequence, 0 for its padding. Shape [T, N, units].
    private func weights(_ lengths: Tensor, like states: Variable) -> Variable {
        let weights = states.tape.pool.tensor(states.shape)
        let (steps, samples, units) = (states.shape[0], states.shape[1], states.shape[2])
        for step in 0..<steps {
            for sample in 0..<samples {
                let length = Int(lengths.int32s[sample])
                let row = weights.floats + (step * samples + sample) * units
                row.update(repeating: step < length ? 1 / Float(length) : 0, count: units)
            }
        }
        return states.tape.constant(weights)
    }
}

/// The task: one of ten digits for a sequence.
final class SpokenDigits: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "spoken_digits"
        static let metrics = Classification.Configuration.metrics
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("units", \.units, .within(1...4096), "units of each direction of a layer"),
                .integer("layers", \.layers, .within(1...16), "number of recurrent layers"),
                .number(
                    "dropout", \.dropout, .within(0..<1),
                    "probability with which a value between layers is dropped"))
        }
        var units = 64
        var layers = 1
        var dropout = 0.2

        func make(_ context: TaskContext) throws -> any LearningTask { try SpokenDigits(context, self) }
    }

    let phases = [TrainingPhase(sums: ["accuracy"])]
    private let network: SequenceClassifier
    private let (input, target): (Int, Int)
    private let names: [String]

    init(_ context: TaskContext, _ configuration: Configuration) throws {
        (input, target) = (try context.onlyField(.input), try context.onlyField(.target))
        let (sequence, digit) = (context.schema.fields[input], context.schema.fields[target])
        guard sequence.isVarying, sequence.shape.rank == 2, let classes = digit.classes else {
            throw TrainingError.model(
                "spoken_digits needs sequences [T, features] with a class each, and the data have: \(context.schema.description)"
            )
        }
        network = SequenceClassifier(
            context.scope, configuration, features: sequence.shape[1], classes: classes)
        names = digit.classNames.count == classes ? digit.classNames : (0..<classes).map { "\($0)" }
    }

    private func logits(_ batch: Batch) -> Variable {
        cast(network(batch[input], lengths: batch.lengths(input)), to: .float32)
    }

    func loss(_ batch: Batch, phase: Int) throws -> WeightedLoss {
        let logits = logits(batch)
        let labels = batch.tensor(target)
        batch.record(
            0,
            sum: Double(
                ClassificationSums.correct(
                    scores: logits.value.floats, labels: labels.int32s, rows: batch.count,
                    classes: names.count)))
        return crossEntropy(logits, labels: labels)
    }

    func makeSums(_ request: MetricRequest) -> LossAnd<ClassificationSums> {
        LossAnd(ClassificationSums(classes: names.count))
    }

    func evaluate(_ batch: Batch, into sums: inout LossAnd<ClassificationSums>) throws {
        let logits = logits(batch)
        let labels = batch.tensor(target)
        sums.loss.add(crossEntropy(logits, labels: labels))
        sums.metrics.add(scores: logits.value.floats, labels: labels.int32s, rows: batch.count)
    }

    func predict(_ batch: Batch) throws -> [PredictedField] {
        let scores = logits(batch).value.floats
        let labels = batch.tensor(target).int32s
        let rows = 0..<batch.count
        let predicted = rows.map {
            names[ClassificationSums.best(of: scores + $0 * names.count, names.count)]
        }
        return
            (batch.hasTargets ? [PredictedField("target", texts: rows.map { names[Int(labels[$0])] })] : [])
            + [PredictedField("prediction", texts: predicted)]
    }
}

LockstepProgram.main(.standard.adding(task: SpokenDigits.Configuration.self))
