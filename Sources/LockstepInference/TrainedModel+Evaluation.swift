import LockstepDatasets
import LockstepExperiment
import LockstepMetrics
import LockstepRunLog
import LockstepTasks
import LockstepTensors
import LockstepText

/// What a trained model came to on a set.
public struct EvaluationReport: Sendable {
    /// The checkpoint's directory.
    public let checkpoint: String
    /// The number of steps it was trained for.
    public let step: Int
    /// The name of the set.
    public let set: String
    /// The number of samples.
    public let samples: Int
    /// What samples are called, in the plural.
    public let samplesName: String
    /// Loss and metrics.
    public let values: [MetricValue]
    /// The names of the classes; numbers where they have none; empty for numbers.
    public let classNames: [String]
    /// What was counted of a classification.
    public let classification: ClassificationSums?
    /// The number of scores if there were too many to keep for the area under the ROC curve; nil otherwise.
    let leftOutScores: Int?

    /// The largest number of scores that are kept, of all samples for all classes: 1 GiB.
    static let mostScores = 1 << 28
}

extension TrainedModel {
    /// The set that tells how good the model is: the test set; texts have none, but a part held back for validation.
    public var usualPart: DatasetPart {
        if case .language = task { .validation } else { .test }
    }

    /// Evaluates a set: every sample once; the same bits on any number of ranks. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data have no such set, or it has no targets.
    public func evaluate(_ part: DatasetPart) throws -> EvaluationReport {
        let (split, dataset) = try split(part)
        try communicator.together {
            guard split.hasTargets else {
                throw TrainingError.model(
                    "the \(part.rawValue) set has no target column: it can be predicted (lockstep predict), but not evaluated; "
                        + "give a table with the column, such as --set data.csv.test=FILE")
            }
        }
        let loss = LossFunction(configuration.loss, task: task, classCounts: dataset.classCounts)
        let evaluator = Evaluator(
            communicator: communicator, model: network, loss: loss, task: task,
            blockSize: configuration.evaluationBlock, precision: configuration.precision,
            pool: StoragePool())
        let scores = split.count * task.outputs
        let keepsScores = scores <= EvaluationReport.mostScores
        let result = try evaluator.evaluate(split, version: 1, withScores: keepsScores)
        let classes = dataset.schema.classes ?? 0
        let known = dataset.schema.target.classNames
        let names = known.count == classes ? known : (0..<classes).map { "\($0)" }
        return EvaluationReport(
            checkpoint: checkpoint, step: step, set: part.rawValue, samples: result.samples,
            samplesName: dataset.samplesName, values: result.values, classNames: names,
            classification: result.classification,
            leftOutScores: keepsScores || result.classification == nil ? nil : scores)
    }
}

extension EvaluationReport {
    /// The metrics as a JSON object whose numbers read back as the same bits.
    public var json: String {
        let head: [(key: String, value: JSONText)] = [
            ("checkpoint", .text(checkpoint)), ("step", .integer(step)), ("set", .text(set)),
            ("samples", .integer(samples)),
        ]
        return JSONText.object(head + values.map { ($0.name, .number($0.value)) }).pretty
    }

    /// Writes `json` to a file.
    ///
    /// - Throws: `RunLogError` when it cannot be written.
    public func write(to path: String) throws {
        try replaceFile(path, with: json, option: "--json")
    }

    /// The metrics, and for a classification those of each class.
    public var text: String {
        var rows = [
            ["checkpoint", checkpoint], ["step", "\(step)"], ["set", "\(set), \(samples) \(samplesName)"],
        ]
        rows += values.map {
            [$0.name.split(separator: "_").joined(separator: " "), decimals($0.value, 4)]
        }
        if let leftOutScores {
            rows.append([
                "roc auc",
                "left out: \(grouped(leftOutScores)) scores are too many (\(MachineMemory.text(4 * Double(leftOutScores))))",
            ])
        }
        var text = TextTable.aligned(rows)
        guard let classification else { return text }
        let metrics = zip(classNames, classification.perClass).map { name, metrics in
            [
                name, decimals(metrics.precision, 4), decimals(metrics.recall, 4),
                decimals(metrics.f1, 4),
                "\(metrics.support)",
            ]
        }
        text +=
            "\n"
            + TextTable.aligned([["class", "precision", "recall", "F1", "samples"]] + metrics, right: true)
        if classNames.count <= 20, !classification.confusion.isEmpty {
            let classes = classNames.count
            let counts = classNames.enumerated().map { row, name in
                [name] + (0..<classes).map { "\(classification.confusion[row * classes + $0])" }
            }
            text += "\n" + TextTable.aligned([["actual \\ predicted"] + classNames] + counts, right: true)
        }
        return text
    }
}
