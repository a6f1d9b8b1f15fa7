import LockstepCharts
import LockstepInference
import LockstepMetrics
import LockstepText

/// How well the presence of each label is predicted: ROC, precision and recall of each label, and the calibration of all.
struct LabelPanels {
    /// With more labels than this, only the most frequent ones have curves.
    private static let mostCurves = 8

    let predictions: LabelPredictions

    /// ROC, precision over recall, and calibration.
    var panels: [any Panel] {
        let curves = curves
        let labels = predictions.labels.count
        let which =
            labels > Self.mostCurves ? ", the \(Self.mostCurves) most frequent of \(labels) labels" : ""
        let calibration = Calibration(
            probabilities: predictions.probabilities, isTrue: predictions.targets)
        return [
            Chart(
                title: "ROC\(which)", xName: "false positive rate", yName: "true positive rate",
                series: curves.map { curve in
                    .init(
                        "\(curve.name) (area \(decimals(curve.values.areaUnderROC, 3)))",
                        curve.values.roc.map { Point($0.x, $0.y) }, color: curve.color)
                }, xRange: 0...1, yRange: 0...1, hasDiagonal: true, hasLegend: true),
            Chart(
                title: "precision and recall\(which)", xName: "recall", yName: "precision",
                series: curves.map { curve in
                    .init(
                        "\(curve.name) (mean \(decimals(curve.values.averagePrecision, 3)))",
                        curve.values.precisionRecall.map { Point($0.x, $0.y) }, color: curve.color)
                }, xRange: 0...1, yRange: 0...1, hasLegend: true),
            Chart(
                title: "calibration of all labels (expected error \(decimals(calibration.expectedError, 3)))",
                xName: "predicted probability of a label", yName: "share of samples with the label",
                series: [
                    .init(
                        "bins", calibration.bins.map { Point($0.probability, $0.share) }, color: 0,
                        marks: .dots)
                ], xRange: 0...1, yRange: 0...1, hasDiagonal: true),
        ]
    }

    /// The curves of the most frequent labels, in the order of the labels, and of all labels together.
    private var curves: [(name: String, color: Int, values: ThresholdCurves)] {
        let indices = predictions.labels.indices
        let counts = indices.map { label in predictions.targets(of: label).count { $0 } }
        let shown = indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(Self.mostCurves).sorted()
        var curves = shown.enumerated().map { color, label in
            (
                name: predictions.labels[label], color: color,
                values: ThresholdCurves(
                    scores: predictions.probability(of: label), isPositive: predictions.targets(of: label))
            )
        }
        if indices.count > 1 {
            curves.append(
                (
                    name: "all labels together", color: shown.count,
                    values: ThresholdCurves(
                        scores: predictions.probabilities, isPositive: predictions.targets)
                ))
        }
        return curves
    }
}
