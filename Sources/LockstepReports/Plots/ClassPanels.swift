import LockstepCharts
import LockstepInference
import LockstepMetrics
import LockstepText

/// How well a classifier separates its classes: confusion matrix, ROC, precision and recall, calibration.
struct ClassPanels {
    /// With more classes than this, one curve shows all classes together.
    private static let mostCurves = 12

    let predictions: ClassPredictions

    /// Confusion matrix, ROC, precision over recall, and calibration.
    var panels: [any Panel] {
        let curves = curves
        var panels: [any Panel] = []
        if predictions.classes.count <= 40 {
            panels.append(
                HeatMap(
                    title: "confusion matrix", names: predictions.classes, rowName: "actual",
                    columnName: "predicted", counts: predictions.confusion))
        }
        panels.append(
            Chart(
                title: "ROC" + (curves.count > 1 ? ", each class against the rest" : ""),
                xName: "false positive rate", yName: "true positive rate",
                series: curves.map { curve in
                    .init(
                        "\(curve.name) (area \(decimals(curve.values.areaUnderROC, 3)))",
                        curve.values.roc.map { Point($0.x, $0.y) }, color: curve.color)
                }, xRange: 0...1, yRange: 0...1, hasDiagonal: true, hasLegend: true))
        panels.append(
            Chart(
                title: "precision and recall", xName: "recall", yName: "precision",
                series: curves.map { curve in
                    .init(
                        "\(curve.name) (mean \(decimals(curve.values.averagePrecision, 3)))",
                        curve.values.precisionRecall.map { Point($0.x, $0.y) }, color: curve.color)
                }, xRange: 0...1, yRange: 0...1, hasLegend: true))
        panels.append(calibrationChart)
        return panels
    }

    private struct NamedCurves {
        var name: String
        var color: Int
        var values: ThresholdCurves
    }

    /// The curves of every class, or of all classes together; with two classes only that of the second.
    private var curves: [NamedCurves] {
        let classes = predictions.classes
        if classes.count > Self.mostCurves {
            let isPositive = predictions.labels.flatMap { label in classes.indices.map { $0 == label } }
            return [
                NamedCurves(
                    name: "all classes together", color: 0,
                    values: ThresholdCurves(scores: predictions.probabilities, isPositive: isPositive))
            ]
        }
        return (classes.count == 2 ? [1] : Array(classes.indices)).map { label in
            NamedCurves(
                name: classes[label], color: classes.count == 2 ? 0 : label,
                values: ThresholdCurves(
                    scores: predictions.probability(of: label),
                    isPositive: predictions.labels.map { $0 == label }))
        }
    }

    /// The probability of the predicted class (with two classes, of the second class) against its observed frequency.
    private var calibrationChart: Chart {
        let classes = predictions.classes
        let calibration: Calibration
        let names: (x: String, y: String)
        if classes.count == 2 {
            names = ("predicted probability of \(classes[1])", "share of \(classes[1])")
            calibration = Calibration(
                probabilities: predictions.probability(of: 1), isTrue: predictions.labels.map { $0 == 1 })
        } else {
            names = ("probability of the predicted class", "accuracy")
            calibration = Calibration(
                probabilities: predictions.predicted.enumerated().map {
                    predictions.probabilities[$0.offset * classes.count + $0.element]
                }, isTrue: zip(predictions.labels, predictions.predicted).map { $0 == $1 })
        }
        return Chart(
            title: "calibration (expected error \(decimals(calibration.expectedError, 3)))", xName: names.x,
            yName: names.y,
            series: [
                .init(
                    "bins", calibration.bins.map { Point($0.probability, $0.share) }, color: 0, marks: .dots)
            ], xRange: 0...1, yRange: 0...1, hasDiagonal: true)
    }
}
