import LockstepMetrics
import LockstepTraining
import Testing

private typealias Golden = MetricsGolden.Regression

private func sum(_ golden: Golden, _ rows: Range<Int>) -> RegressionSums {
    let elements = rows.lowerBound * golden.outputs..<rows.upperBound * golden.outputs
    var sums = RegressionSums(outputs: golden.outputs)
    sums.add(
        predictions: Array(golden.predictions[elements]), targets: Array(golden.targets[elements]),
        rows: rows.count)
    return sums
}

@Suite struct RegressionMetricsTests {
    @Test(arguments: try MetricsGolden.load().regression)
    fileprivate func equalTheFormulas(_ golden: Golden) {
        let rows = golden.targets.count / golden.outputs
        let whole = sum(golden, 0..<rows)
        var merged = RegressionSums(outputs: golden.outputs)
        for block in [0..<0, 0..<4, 4..<5, 5..<rows] {
            var received = RegressionSums(outputs: golden.outputs)
            received.doubles = sum(golden, block).doubles
            merged.merge(received)
        }
        for sums in [whole, merged] {
            #expect(sums.samples == rows)
            #expect(isClose(sums.meanAbsoluteError, golden.mae))
            #expect(isClose(sums.rootMeanSquaredError, golden.rmse))
            #expect(isClose(sums.determination, golden.r2, 1e-11))
        }
        #expect(whole.values.map(\.name) == ["mean_absolute_error", "root_mean_squared_error", "r2"])
    }

    @Test func constantTargets() {
        var sums = RegressionSums(outputs: 1)
        sums.add(predictions: [2, 2], targets: [2, 2], rows: 2)
        #expect(sums.determination == 1)
        sums.add(predictions: [3], targets: [2], rows: 1)
        #expect(sums.determination == 0)
    }

    @Test func losses() {
        var sum = LossSum(sum: 3, weight: 2)
        var received = LossSum()
        received.doubles = LossSum(sum: 5, weight: 2).doubles
        sum.merge(received)
        #expect(sum.values == [MetricValue("loss", 2)])
    }
}
