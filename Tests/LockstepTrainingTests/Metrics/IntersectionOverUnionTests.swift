import LockstepMetrics
import Testing

@Suite struct IntersectionOverUnionTests {
    private let labels: [Int32] = [0, 0, 1, 1, 2, 2, 2, 0, 1, 0]
    private let found: [Int32] = [0, 1, 1, 1, 2, 0, 2, 0, 2, 0]

    /// As sklearn.metrics.jaccard_score: 3 of 5, 2 of 4 and 2 of 4 pixels.
    @Test func equalsTheJaccardIndex() {
        var sums = IntersectionOverUnion(classes: 3)
        sums.add(found, labels)
        #expect(sums.perClass == [0.6, 0.5, 0.5])
        #expect(sums.values.map(\.name) == ["mean_iou", "pixel_accuracy"])
        #expect(abs(sums.values[0].value - 1.6 / 3) < 1e-15 && sums.values[1].value == 0.7)
    }

    /// A class that neither occurs nor is found does not count.
    @Test func absentClassesAreLeftOut() {
        var sums = IntersectionOverUnion(classes: 5)
        sums.add(found, labels)
        #expect(sums.perClass[3].isNaN && abs(sums.values[0].value - 1.6 / 3) < 1e-15)
        #expect(IntersectionOverUnion(classes: 2).values.allSatisfy { $0.value.isNaN })
    }

    @Test func partsMergeToTheWhole() {
        var whole = IntersectionOverUnion(classes: 3)
        whole.add(found, labels)
        var merged = IntersectionOverUnion(classes: 3)
        for part in [0..<3, 3..<3, 3..<10] {
            var sums = IntersectionOverUnion(classes: 3)
            sums.add(Array(found[part]), Array(labels[part]))
            var received = IntersectionOverUnion(classes: 3)
            received.counts = sums.counts
            merged.merge(received)
        }
        #expect(merged == whole)
    }
}
