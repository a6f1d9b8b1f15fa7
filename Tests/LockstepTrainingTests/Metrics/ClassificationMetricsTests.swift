import LockstepMetrics
import LockstepTraining
import Testing

private typealias Golden = MetricsGolden.Classification

private func count(_ golden: Golden, _ rows: Range<Int>) -> ClassificationSums {
    var sums = ClassificationSums(classes: golden.classes, top: golden.top)
    golden.logits.withUnsafeBufferPointer { scores in
        golden.labels.withUnsafeBufferPointer { labels in
            guard let scores = scores.baseAddress, let labels = labels.baseAddress else { return }
            sums.add(
                scores: scores + rows.lowerBound * golden.classes, labels: labels + rows.lowerBound,
                rows: rows.count)
        }
    }
    return sums
}

private func table(_ golden: Golden, _ order: [Int]) -> ScoreTable {
    var table = ScoreTable(columns: golden.classes)
    for row in order {
        let logits = Array(golden.logits[row * golden.classes..<(row + 1) * golden.classes])
        table.append(logits: logits, labels: [golden.labels[row]], rows: 1)
    }
    return table
}

@Suite struct ClassificationMetricsTests {
    @Test(arguments: try MetricsGolden.load().classification)
    fileprivate func equalTheFormulas(_ golden: Golden) {
        let sums = count(golden, 0..<golden.labels.count)
        #expect(sums.samples == golden.labels.count)
        #expect(sums.confusion == golden.confusion)
        #expect(isClose(sums.accuracy, golden.accuracy))
        #expect(isClose(sums.topAccuracy, golden.topAccuracy))
        for (metrics, expected) in zip(sums.perClass, golden.perClass) {
            #expect(isClose(metrics.precision, expected[0]))
            #expect(isClose(metrics.recall, expected[1]))
            #expect(isClose(metrics.f1, expected[2]))
            #expect(Double(metrics.support) == expected[3])
        }
        #expect(isClose(sums.macro.precision, golden.macro[0]))
        #expect(isClose(sums.macro.recall, golden.macro[1]))
        #expect(isClose(sums.macro.f1, golden.macro[2]))
    }

    @Test(arguments: try MetricsGolden.load().classification)
    fileprivate func mergeToTheSame(_ golden: Golden) {
        let whole = count(golden, 0..<golden.labels.count)
        var merged = ClassificationSums(classes: golden.classes, top: golden.top)
        for block in [0..<3, 3..<3, 3..<11, 11..<golden.labels.count] {
            let sums = count(golden, block)
            var received = ClassificationSums(classes: golden.classes, top: golden.top)
            received.counts = sums.counts
            merged.merge(received)
        }
        #expect(merged == whole)
        #expect(merged.values == whole.values)
    }

    @Test(arguments: try MetricsGolden.load().classification)
    fileprivate func areaUnderROC(_ golden: Golden) throws {
        let rows = Array(golden.labels.indices)
        let area = try #require(table(golden, rows).areaUnderROC)
        #expect(isClose(area, golden.auc))
        // Exact: no order of the samples changes a bit.
        #expect(table(golden, rows.reversed()).areaUnderROC == area)
        var merged = table(golden, Array(rows[..<7]))
        merged.merge(table(golden, Array(rows[7...])))
        #expect(merged.areaUnderROC == area)
    }

    @Test(arguments: try MetricsGolden.load().classification)
    fileprivate func balancedWeights(_ golden: Golden) {
        let counts = (0..<golden.classes).map { label in golden.labels.count { $0 == label } }
        let weights = ClassWeights.balanced(counts: counts)
        for (weight, expected) in zip(weights, golden.balanced) {
            #expect(isClose(weight, expected))
        }
    }

    @Test func namesAndOrder() {
        #expect(
            ClassificationSums(classes: 10).values.map(\.name)
                == ["accuracy", "top_5_accuracy", "macro_precision", "macro_recall", "macro_f1"])
        #expect(
            ClassificationSums(classes: 3).values.map(\.name)
                == ["accuracy", "macro_precision", "macro_recall", "macro_f1"])
    }

    @Test func oneLogitForTwoClasses() {
        var sums = ClassificationSums(classes: 2)
        sums.add(logits: [-1, 2, 0.5, -3, 0], binaryLabels: [0, 1, 0, 1, 0], rows: 5)
        #expect(sums.confusion == [2, 1, 1, 1])
        var scores = ScoreTable(columns: 1)
        scores.append(logits: [-1, 2, 0.5, -3, 0], labels: [0, 1, 0, 1, 0], rows: 5)
        #expect(scores.areaUnderROC == 0.5)
    }

    @Test func areasThatAreNotDefined() {
        var scores = ScoreTable(columns: 2)
        #expect(scores.areaUnderROC == nil)
        scores.append(logits: [0, 1, 1, 0], labels: [1, 1], rows: 2)
        #expect(scores.areaUnderROC == nil)
        scores.append(logits: [0, .nan], labels: [0], rows: 1)
        #expect(scores.areaUnderROC == nil)
    }

    /// A sample whose logits are all higher is no likelier to be of any class.
    @Test(arguments: [2, 3, 7]) func whatIsAddedToASampleChangesNoArea(_ classes: Int) throws {
        var plain = ScoreTable(columns: classes)
        var shifted = plain
        for row in 0..<60 {
            let logits = (0..<classes).map { Float((row * 31 + $0 * 17 + row * row * $0) % 16) / 4 }
            let label = [Int32((row * 5 + row / 3) % classes)]
            plain.append(logits: logits, labels: label, rows: 1)
            shifted.append(logits: logits.map { $0 + Float(row * 37 % 50) }, labels: label, rows: 1)
        }
        let area = try #require(plain.areaUnderROC)
        #expect(area != 0.5 && shifted.areaUnderROC == area)
    }

    /// Where all probabilities round to 0 and 1, samples still have an order.
    @Test func certainAnswersKeepTheirOrder() {
        for classes in [2, 3] {
            var table = ScoreTable(columns: classes)
            for (distance, label) in zip([60, 90, 900, 4000] as [Float], [0, 0, 1, 1] as [Int32]) {
                var logits = [Float](repeating: -distance, count: classes)
                logits[1] = distance
                table.append(logits: logits, labels: [label], rows: 1)
            }
            #expect(table.areaUnderROC == 1, "\(classes) classes")
        }
        var infinite = ScoreTable(columns: 3)
        infinite.append(logits: [0, .infinity, 0, 0, -.infinity, 0], labels: [1, 0], rows: 2)
        #expect(infinite.areaUnderROC == 1)
    }

    @Test func emptySetsAreNoNumber() {
        #expect(ClassificationSums(classes: 3).accuracy.isNaN)
        #expect(LossSum().mean.isNaN)
        #expect(RegressionSums(outputs: 1).values.allSatisfy { $0.value.isNaN })
    }

    @Test func countsRightAnswersOfAStep() {
        let correct = ClassificationSums.correct(
            scores: [0, 1, 1, 3, 2, 1, 0, 0, 0], labels: [1, 0, 2], rows: 3, classes: 3)
        #expect(correct == 2)
    }

    /// NaN is larger than any number, as for PyTorch's argmax and topk: what is not a number is not right by chance.
    @Test func notANumberIsTheLargestScore() {
        let scores: [Float] = [0.1, .nan, 0.3, 0.2, 0.5, 0.4, 0.6]
        #expect(ClassificationSums.best(of: scores, 7) == 1)
        #expect(ClassificationSums.best(of: [.nan, .nan, 1], 3) == 0)
        var sums = ClassificationSums(classes: 7, top: 1)
        sums.add(scores: scores, labels: [6], rows: 1)
        #expect(sums.topHits == 0 && sums.confusion[6 * 7 + 1] == 1)
        sums.add(scores: scores, labels: [1], rows: 1)
        #expect(sums.topHits == 1)
    }
}
