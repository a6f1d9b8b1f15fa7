import Foundation
import LockstepMetrics
import Testing

/// Curves over all thresholds, against scikit-learn, and the bins of a calibration by hand.
@Suite struct ThresholdCurvesTests {
    private struct Golden: Decodable {
        var scores: [Double]
        var positive: [Bool]
        var falseRate: [Double]
        var trueRate: [Double]
        var precision: [Double]
        var recall: [Double]
        var rocAuc: Double
        var averagePrecision: Double
    }

    private static func isClose(_ one: [Double], _ other: [Double]) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    @Test func curvesAreThoseOfScikitLearn() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "Fixtures/metrics/curves.json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let cases = try decoder.decode([Golden].self, from: data)
        #expect(cases.count == 3)
        for golden in cases {
            let curves = ThresholdCurves(scores: golden.scores, isPositive: golden.positive)
            #expect(Self.isClose(curves.roc.map(\.x), golden.falseRate))
            #expect(Self.isClose(curves.roc.map(\.y), golden.trueRate))
            // scikit-learn leaves out the places after the one at which recall is complete.
            let count = golden.recall.count
            #expect(Self.isClose(curves.precisionRecall.prefix(count).map(\.x), golden.recall))
            #expect(Self.isClose(curves.precisionRecall.prefix(count).map(\.y), golden.precision))
            #expect(abs(curves.areaUnderROC - golden.rocAuc) < 1e-12)
            #expect(abs(curves.averagePrecision - golden.averagePrecision) < 1e-12)
        }
    }

    @Test func aClassWithoutSamplesHasNoCurves() {
        let none = ThresholdCurves(scores: [0.1, 0.9], isPositive: [false, false])
        #expect(none.roc.isEmpty && none.precisionRecall.isEmpty)
        #expect(none.areaUnderROC.isNaN && none.averagePrecision.isNaN)
        let all = ThresholdCurves(scores: [0.1, 0.9], isPositive: [true, true])
        #expect(all.roc.isEmpty && all.areaUnderROC.isNaN && all.averagePrecision == 1)
    }

    @Test func whatIsNotANumberComesLast() {
        let curves = ThresholdCurves(scores: [.nan, 0.9, .nan, 0.1], isPositive: [false, true, true, false])
        #expect(curves.roc.map(\.y) == [0, 0.5, 0.5, 1] && curves.roc.map(\.x) == [0, 0, 0.5, 1])
        #expect(Calibration(probabilities: [.nan, 1], isTrue: [true, true]).bins.map(\.samples) == [1])
    }

    @Test func probabilitiesAreBinned() {
        let calibration = Calibration(
            probabilities: [0, 0.1, 0.15, 0.2, 1], isTrue: [false, true, false, true, true])
        #expect(calibration.bins.map(\.samples) == [2, 2, 1])
        #expect(calibration.bins.map(\.share) == [0.5, 0.5, 1])
        #expect(
            zip(calibration.bins.map(\.probability), [0.05, 0.175, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(calibration.expectedError - (0.4 * 0.45 + 0.4 * 0.325)) < 1e-12)
        #expect(Calibration(probabilities: [], isTrue: []).expectedError.isNaN)
    }
}
