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
    /// What the loss is measured in, where it differs from the metrics; nil otherwise.
    public var lossUnit: String?
    /// Loss and metrics.
    public let values: [MetricValue]
    /// Tables and remarks, such as the metrics of each class.
    public let report: MetricReport
}

extension TrainedModel {
    /// The default set to evaluate: the test set; of a text, which has none, the part held back for validation.
    public var defaultPart: DatasetPart { task is LanguageModeling ? .validation : .test }

    /// The default set to draw: the test set with its targets, or else the validation set, where the data have one. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data cannot be read.
    public func defaultPictured() throws -> DatasetPart {
        guard defaultPart == .test else { return defaultPart }
        return try communicator.together {
            let dataset = try read(.test)
            if dataset.count(of: .test) > 0 { return .test }
            return try read(.validation).count(of: .validation) > 0 ? .validation : .test
        }
    }

    /// Evaluates a set: every sample once; the same bits on any number of ranks. Collective.
    ///
    /// - Throws: `AgreedFailure` when the data have no such set, or it has no targets.
    public func evaluate(_ part: DatasetPart) throws -> EvaluationReport {
        let (split, dataset) = try split(part)
        try communicator.together {
            guard split.hasTargets else {
                throw TrainingError.model(
                    "the \(part.rawValue) set has no targets: it can be predicted (lockstep predict), but not evaluated; "
                        + "give a table with the target column, such as --set data.csv.test=FILE, arrays with "
                        + "test_targets, images with test_labels, or files in folders of their classes"
                        + dataset.warnings.filter { $0.hasSuffix(TestKeys.noTargets) }.map { "; \($0)" }
                        .joined()
                )
            }
        }
        let evaluator = Evaluator(
            communicator: communicator, task: task, blockSize: configuration.evaluationBlock,
            precision: configuration.precision, pool: StoragePool())
        let result = try evaluator.evaluate(split, version: 1, request: MetricRequest(samples: split.count))
        return EvaluationReport(
            checkpoint: checkpoint, step: step, set: part.rawValue, samples: result.samples,
            samplesName: dataset.samplesName, lossUnit: task.lossUnit, values: result.values,
            report: result.report)
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
            [
                $0.name.split(separator: "_").joined(separator: " ")
                    + ($0.name == "loss" ? lossUnit.map { " (\($0))" } ?? "" : ""), decimals($0.value, 4),
            ]
        }
        rows += report.remarks.map { [$0.name, $0.text] }
        return
            ([TextTable.aligned(rows)]
            + report.tables.map { TextTable.aligned([$0.header] + $0.rows, right: true) }).joined(
                separator: "\n")
    }
}
