import LockstepDatasets
import LockstepMetrics
import LockstepTensors
import LockstepText

/// The names of classes in predictions and reports; their numbers if the data have no names.
struct ClassNames {
    let names: [String]

    init(_ field: BatchField) {
        let classes = field.classes ?? field.shape.elementCount
        names = field.classNames.count == classes ? field.classNames : (0..<classes).map { "\($0)" }
    }

    /// The prediction columns for samples with one class each.
    /// - Parameters:
    ///   - labels: shape [n]; nil for samples without targets.
    ///   - predicted: shape [n].
    ///   - probabilities: shape [n, K].
    func columns(labels: [Int]?, predicted: [Int], probabilities: [[Double]]) -> [PredictedField] {
        var fields: [PredictedField] = []
        if let labels { fields.append(PredictedField("target", texts: labels.map { names[$0] })) }
        fields.append(PredictedField("prediction", texts: predicted.map { names[$0] }))
        for (label, name) in names.enumerated() {
            fields.append(PredictedField("probability \(name)", numbers: probabilities.map { $0[label] }))
        }
        return fields
    }

    /// The metrics of each class, and for at most 20 classes the confusion matrix.
    /// - Parameter scores: the number of scores of a sample.
    func report(_ sums: ClassificationSums, scores: Int) -> MetricReport {
        var report = MetricReport(tables: [Self.table(sums.perClass, names, sums.weighted)])
        let count = Int(sums.samples) * scores
        if sums.scores == nil, count > ScoreTable.mostScores {
            report.remarks.append(
                (
                    "roc auc",
                    "not computed: \(grouped(count)) scores take too much memory (\(MachineMemory.text(4 * Double(count))))"
                ))
        }
        if names.count <= 20, !sums.confusion.isEmpty {
            let rows = names.enumerated().map { row, name in
                [name] + names.indices.map { "\(sums.confusion[row * names.count + $0])" }
            }
            let corner = "actual \\ predicted" + (sums.weighted == nil ? "" : " (samples, without weights)")
            report.tables.append(.init(header: [corner] + names, rows: rows))
        }
        return report
    }

    /// One row per class.
    /// - Parameter weighted: the weights of the samples; nil where all are 1.
    static func table(_ metrics: [ClassMetrics], _ names: [String], _ weighted: WeightedClassCounts? = nil)
        -> MetricReport.Table
    {
        .init(
            header: ["class", "precision", "recall", "F1"] + (weighted == nil ? [] : ["weight"]) + [
                "samples"
            ],
            rows: zip(names, metrics).map { name, metrics in
                [
                    name, decimals(metrics.precision, 4), decimals(metrics.recall, 4),
                    decimals(metrics.f1, 4),
                ] + (weighted.map { [decimals($0.support[metrics.label], 4)] } ?? []) + ["\(metrics.support)"]
            })
    }
}

extension ScoreTable {
    /// The maximum number of scores, over all samples and classes, that an evaluation stores: 1 GiB.
    static let mostScores = 1 << 28
}

extension ClassificationSums {
    /// Stores all scores if the area under the ROC curve is requested and there are not too many.
    mutating func keepScores(columns: Int, _ request: MetricRequest) {
        guard
            request.watched == "roc_auc"
                || (request.isComplete && request.samples * columns <= ScoreTable.mostScores)
        else { return }
        scores = ScoreTable(columns: columns, isWeighted: weighted != nil)
    }
}
