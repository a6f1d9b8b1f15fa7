import LockstepMetrics
import LockstepTraining
import Testing

/// Metrics of more classes than a table is kept of.
@Suite struct ManyClassesTests {
    /// Scores that give each of some samples a class.
    private func count(classes: Int, labels: [Int], answers: [Int]) -> ClassificationSums {
        var sums = ClassificationSums(classes: classes)
        for (label, answer) in zip(labels, answers) {
            var scores = [Float](repeating: 0, count: classes)
            scores[answer] = 1
            sums.add(scores: scores, labels: [Int32(label)], rows: 1)
        }
        return sums
    }

    @Test(arguments: [101, 1000, 100_000]) func memoryGrowsWithTheClasses(_ classes: Int) {
        let sums = ClassificationSums(classes: classes)
        #expect(sums.confusion.isEmpty && sums.counts.count == 1 + 3 * classes)
        #expect(ClassificationSums(classes: 100).confusion.count == 10_000)
    }

    /// They are what the table of few classes gives: only four classes occur.
    @Test func areThoseOfTheTable() {
        let (labels, answers) = ([0, 1, 2, 3, 1, 1, 2], [0, 1, 1, 3, 2, 1, 2])
        let few = count(classes: 50, labels: labels, answers: answers)
        let many = count(classes: 5000, labels: labels, answers: answers)
        #expect(many.values == few.values && many.samples == 7 && many.correct == 5)
        #expect(Array(many.perClass[..<50]) == few.perClass)
        // precision and recall of class 1: 2 of 3 that were given it, 2 of its 3.
        #expect(isClose(many.perClass[1].precision, 2.0 / 3) && isClose(many.perClass[1].recall, 2.0 / 3))
        var merged = count(classes: 5000, labels: [labels[0]], answers: [answers[0]])
        merged.merge(count(classes: 5000, labels: Array(labels[1...]), answers: Array(answers[1...])))
        #expect(merged == many)
        var received = ClassificationSums(classes: 5000)
        received.counts = many.counts
        #expect(received == many)
    }
}
