import LockstepCharts
import Testing

/// Numbers along axes: round, few, and with the digits that they need.
@Suite struct AxisScaleTests {
    private func texts(_ values: [Double], _ kind: AxisScale.Kind = .linear) -> [String] {
        AxisScale(covering: values, kind: kind).ticks.map(\.text)
    }

    @Test func ticksAreRoundNumbers() {
        #expect(texts([0, 1]) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(texts([0.1, 0.35]) == ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35"])
        #expect(texts([0, 9500]) == ["0", "2,000", "4,000", "6,000", "8,000", "10,000"])
        #expect(texts([-3, 3]) == ["−4", "−2", "0", "2", "4"])
    }

    @Test func theEndsCoverTheValuesAndNoMore() {
        for (low, high) in [(0.0, 1.0), (0.013, 0.0171), (-7.3, 12.9), (1, 1e9), (5, 5.0001)] {
            let scale = AxisScale(covering: [low, high])
            #expect(scale.range.lowerBound <= low && scale.range.upperBound >= high)
            let step = scale.ticks[1].value - scale.ticks[0].value
            #expect(low - scale.range.lowerBound < step && scale.range.upperBound - high < step)
            #expect((3...8).contains(scale.ticks.count))
        }
    }

    @Test func numbersFarFromOneShareAPowerOfTen() {
        let small = AxisScale(covering: [0, 0.001])
        #expect(small.exponent == -3 && small.ticks.last?.text == "1.0")
        let large = AxisScale(covering: [0, 3_200_000])
        #expect(large.exponent == 6 && large.ticks.map(\.text).first == "0")
    }

    @Test func aLogarithmicAxisHasPowersOfTen() {
        #expect(texts([0.001, 900], .logarithmic) == ["10⁻³", "0.1", "10", "1,000"])
        #expect(texts([0.2, 4], .logarithmic) == ["0.2", "0.5", "1", "2", "5"])
        // Less than one power of ten is linear.
        #expect(AxisScale(covering: [2, 3], kind: .logarithmic).kind == .linear)
        let scale = AxisScale(covering: [1, 100], kind: .logarithmic)
        #expect(scale.place(10) == 0.5 && scale.place(0) == nil && scale.place(-1) == nil)
    }

    @Test(
        arguments: [
            [], [5], [0], [.nan, .infinity], [3, 3, 3], [1e300, -1e300], [1e-300, 2e-300],
            [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1],
            [.leastNonzeroMagnitude, .leastNormalMagnitude], [1e289, -1e289],
        ]
            as [[Double]])
    func oddValuesHaveAScale(values: [Double]) {
        for kind in [AxisScale.Kind.linear, .logarithmic] {
            let scale = AxisScale(covering: values, kind: kind)
            #expect(scale.range.lowerBound < scale.range.upperBound && !scale.ticks.isEmpty)
            #expect(scale.ticks.allSatisfy { $0.value.isFinite && !$0.text.isEmpty })
        }
        #expect(AxisScale(covering: values).place(.nan) == nil)
    }
}
