import Foundation
import LockstepAutograd
import LockstepMetrics
import LockstepOperations
import LockstepTensors
import Testing

/// Losses and metrics with weights of samples, against scikit-learn: scripts/fixtures/tables.py.
@Suite struct WeightedMetricsTests {
    private struct Golden: Decodable {
        let logits: [Float]
        let labels: [Int32]
        let weights: [Float]
        let loss: Double
        let accuracy: Double
        let precision: [Double]
        let recall: [Double]
        let f1: [Double]
        let auc: Double
        let targets: [Float]
        let predictions: [Float]
        let mae: Double
        let mse: Double
        let r2: Double
    }

    private let golden: Golden
    private var count: Int { golden.labels.count }

    init() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: tests.appending(path: "Fixtures/tables/weighted.json")))
    }

    private func isNear(_ value: Double, _ wanted: Double, _ tolerance: Double = 1e-12) -> Bool {
        abs(value - wanted) <= tolerance * max(1, abs(wanted))
    }

    @Test func classification() {
        var sums = ClassificationSums(classes: 3, isWeighted: true)
        sums.scores = ScoreTable(columns: 3, isWeighted: true)
        var second = sums
        let half = 20
        func add(_ rows: Range<Int>, to sums: inout ClassificationSums) {
            golden.logits.withUnsafeBufferPointer { logits in
                golden.labels.withUnsafeBufferPointer { labels in
                    golden.weights.withUnsafeBufferPointer { weights in
                        guard let logits = logits.baseAddress, let labels = labels.baseAddress,
                            let weights = weights.baseAddress
                        else { return }
                        let (x, y, w) = (
                            logits + rows.lowerBound * 3, labels + rows.lowerBound, weights + rows.lowerBound
                        )
                        sums.add(scores: x, labels: y, weights: w, rows: rows.count)
                        sums.scores?.append(logits: x, labels: y, weights: w, rows: rows.count)
                    }
                }
            }
        }
        add(0..<half, to: &sums)
        add(half..<count, to: &second)
        // As sums travel between ranks.
        var copy = ClassificationSums(classes: 3, isWeighted: true)
        copy.scores = ScoreTable(columns: 3, isWeighted: true)
        (copy.doubles, copy.counts, copy.lists) = (second.doubles, second.counts, second.lists)
        sums.merge(copy)
        #expect(isNear(sums.accuracy, golden.accuracy))
        for (index, metrics) in sums.perClass.enumerated() {
            #expect(isNear(metrics.precision, golden.precision[index]))
            #expect(isNear(metrics.recall, golden.recall[index]))
            #expect(isNear(metrics.f1, golden.f1[index]))
        }
        #expect(sums.scores?.areaUnderROC.map { isNear($0, golden.auc) } == true)
        #expect(sums.samples == Int64(count) && sums.perClass.map(\.support).reduce(0, +) == Int64(count))
    }

    @Test func regression() {
        var sums = RegressionSums(outputs: 1)
        var second = sums
        let half = 23
        sums.add(
            predictions: Array(golden.predictions[..<half]), targets: Array(golden.targets[..<half]),
            weights: Array(golden.weights[..<half]), rows: half)
        second.add(
            predictions: Array(golden.predictions[half...]), targets: Array(golden.targets[half...]),
            weights: Array(golden.weights[half...]), rows: count - half)
        var copy = RegressionSums(outputs: 1)
        copy.doubles = second.doubles
        sums.merge(copy)
        #expect(isNear(sums.meanAbsoluteError, golden.mae, 1e-6))
        #expect(isNear(sums.rootMeanSquaredError, golden.mse.squareRoot(), 1e-6))
        #expect(isNear(sums.determination, golden.r2, 1e-6) && sums.samples == Int64(count))
    }

    /// The loss of weighted rows is the weighted sum of their losses, and a row of weight 0 is left out.
    @Test func losses() throws {
        let tape = Tape(pool: StoragePool())
        let labels = Tensor(golden.labels, shape: Shape(count))
        let weights = Tensor(golden.weights, shape: Shape(count))
        #expect(golden.weights.contains(0))
        tape.begin(mode: .inference)
        let logits = tape.constant(Tensor(golden.logits, shape: Shape(count, 3)))
        let loss = crossEntropy(logits, labels: labels, sampleWeights: weights)
        #expect(isNear(loss.mean, golden.loss, 1e-6))
        let numbers = Tensor(golden.labels.map { Float($0 % 2) }, shape: Shape(count, 1))
        func column(_ rows: Range<Int>) -> Variable {
            tape.constant(Tensor(rows.map { golden.logits[$0 * 3] }, shape: Shape(rows.count, 1)))
        }
        let losses: [(Variable, Tensor, Tensor?) -> WeightedLoss] = [
            { meanSquaredError($0, targets: $1, sampleWeights: $2) },
            { huber($0, targets: $1, delta: 0.5, sampleWeights: $2) },
            { binaryCrossEntropy($0, targets: $1, sampleWeights: $2) },
        ]
        for loss in losses {
            let all = loss(column(0..<count), numbers, weights)
            let rows = (0..<count).map { row in
                loss(column(row..<row + 1), Tensor([numbers.floats[row]], shape: Shape(1, 1)), nil)
            }
            let sum = rows.enumerated().reduce(0) {
                $0 + Double(golden.weights[$1.offset]) * $1.element.sumValue
            }
            #expect(isNear(all.sumValue, sum))
            #expect(isNear(all.weight, golden.weights.reduce(0) { $0 + Double($1) }))
        }
    }
}
