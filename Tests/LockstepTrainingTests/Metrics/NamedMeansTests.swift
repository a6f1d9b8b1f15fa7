import LockstepMetrics
import Testing

@Suite struct NamedMeansTests {
    @Test func samplesCountAlikeInAllBlocks() {
        var first = NamedMeans(["a", "b"])
        first.add([6, -2], samples: 3)
        first.add([1, 1], samples: 1)
        var next = NamedMeans(["a", "b"])
        next.doubles = [5, 3, 2]
        first.merge(next)
        #expect(first.doubles == [12, 2, 6])
        #expect(first.values == [MetricValue("a", 2), MetricValue("b", 2.0 / 6)])
    }

    @Test func noSamplesHaveNoMean() {
        #expect(NamedMeans(["a"]).values[0].value.isNaN)
    }
}
