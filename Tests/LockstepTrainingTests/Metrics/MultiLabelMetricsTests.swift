import LockstepMetrics
import Testing

private typealias Golden = MetricsGolden.MultiLabel

private func count(_ golden: Golden, _ rows: Range<Int>) -> MultiLabelSums {
    let elements = rows.lowerBound * golden.labels..<rows.upperBound * golden.labels
    var sums = MultiLabelSums(labels: golden.labels)
    sums.add(
        logits: Array(golden.logits[elements]), targets: Array(golden.targets[elements]), rows: rows.count)
    return sums
}

@Suite struct MultiLabelMetricsTests {
    @Test(arguments: try MetricsGolden.load().multiLabel)
    fileprivate func equalScikitLearn(_ golden: Golden) {
        let samples = golden.targets.count / golden.labels
        var merged = MultiLabelSums(labels: golden.labels)
        for block in [0..<5, 5..<5, 5..<samples] {
            var received = MultiLabelSums(labels: golden.labels)
            received.counts = count(golden, block).counts
            merged.merge(received)
        }
        #expect(merged == count(golden, 0..<samples))
        let expected = [golden.accuracy, golden.exactMatch] + golden.micro + golden.macro
        let names = [
            "accuracy", "exact_match", "micro_precision", "micro_recall", "micro_f1", "macro_precision",
            "macro_recall", "macro_f1",
        ]
        #expect(merged.values.map(\.name) == names)
        for (value, expected) in zip(merged.values, expected) {
            #expect(isClose(value.value, expected), "\(value.name): \(value.value), not \(expected)")
        }
    }
}
