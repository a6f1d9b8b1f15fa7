import LockstepCharts
import LockstepInference
import LockstepText

/// How close predicted numbers are to the actual ones: predicted against actual, and residuals against predicted.
struct RegressionPanels {
    /// With more samples than this, only every k-th sample is drawn.
    private static let mostPoints = 2000
    /// At most this many numbers of a target get panels.
    private static let mostNumbers = 4

    let predictions: NumberPredictions

    /// Two panels for each number.
    var panels: [any Panel] {
        predictions.names.indices.prefix(Self.mostNumbers).flatMap { panels(of: $0) }
    }

    private func panels(of number: Int) -> [any Panel] {
        let (targets, predicted) = (predictions.targets[number], predictions.predictions[number])
        let every = max(1, (targets.count + Self.mostPoints - 1) / Self.mostPoints)
        let shown = stride(from: 0, to: targets.count, by: every).filter {
            targets[$0].isFinite && predicted[$0].isFinite
        }
        var name = predictions.names[number]
        if !name.isEmpty { name = ", number\(name)" }
        let which = every > 1 ? " (\(grouped(shown.count)) of \(grouped(targets.count)) samples)" : ""
        let all = Self.range(shown.map { targets[$0] } + shown.map { predicted[$0] })
        let horizontal = Self.range(shown.map { predicted[$0] })
        let residuals = shown.map { targets[$0] - predicted[$0] }
        let identity = Chart.Series(
            "equal", [Point(all.lowerBound, all.lowerBound), Point(all.upperBound, all.upperBound)], color: 1)
        let zero = Chart.Series(
            "zero", [Point(horizontal.lowerBound, 0), Point(horizontal.upperBound, 0)], color: 1)
        return [
            Chart(
                title:
                    "predicted against actual\(name) (R² \(decimals(determination(of: number), 3)))",
                xName: "actual\(which)", yName: "predicted",
                series: [
                    .init(
                        "samples", shown.map { Point(targets[$0], predicted[$0]) }, color: 0, marks: .cloud),
                    identity,
                ], xRange: all, yRange: all),
            Chart(
                title: "residuals: actual minus predicted\(name)", xName: "predicted\(which)",
                yName: "residual",
                series: [
                    .init(
                        "samples", zip(shown, residuals).map { Point(predicted[$0], $1) }, color: 0,
                        marks: .cloud),
                    zero,
                ], xRange: horizontal, yRange: Self.range(residuals + [0])),
        ]
    }

    /// 1 minus the ratio of squared residuals to squared deviations from the mean, over all samples.
    private func determination(of number: Int) -> Double {
        let (targets, predicted) = (predictions.targets[number], predictions.predictions[number])
        let mean = targets.reduce(0, +) / Double(max(1, targets.count))
        let deviations = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let residuals = zip(targets, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return 1 - residuals / deviations
    }

    private static func range(_ values: [Double]) -> ClosedRange<Double> {
        guard let low = values.min(), let high = values.max() else { return 0...1 }
        return low...high
    }
}
