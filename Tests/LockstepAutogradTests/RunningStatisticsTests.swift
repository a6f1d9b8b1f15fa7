import LockstepAutograd
import LockstepTensors
import Testing

/// Momentum updates of running statistics against double precision.
@Suite struct RunningStatisticsTests {
    /// The running mean and variance after one update of old values to new ones.
    private func updated(_ momentum: Float, from old: Float, to new: Float) -> (mean: Float, variance: Float)
    {
        let store = ParameterStore()
        let statistics = store.root["norm"].runningStatistics(channels: 1, momentum: momentum)
        store.allocate()
        store.initialize(seed: 0)
        statistics.mean[0] = old
        statistics.variance[0] = old
        var sums = [Float](repeating: 0, count: max(3, store.statisticsCount))
        sums[statistics.statisticsOffset] = 4 * new
        sums[statistics.statisticsOffset + 1] = 4 * new
        sums[statistics.statisticsOffset + 2] = 4
        statistics.update(from: sums)
        return (statistics.mean[0], statistics.variance[0])
    }

    @Test(arguments: [0.01, 0.1, 0.3, 0.5, 0.9, 0.99, 0.999, 0.9999999, 1] as [Float])
    func equalDoublePrecision(_ momentum: Float) {
        for (old, new) in [(1e6, 1e-3), (3e7, 0.7), (1, 2), (2, 1), (1e-3, 1e6), (0, 5)] as [(Float, Float)] {
            let share = Double(momentum)
            let expected = (1 - share) * Double(old) + share * Double(new)
            let actual = updated(momentum, from: old, to: new)
            #expect(abs(Double(actual.mean) - expected) <= 3e-7 * expected, "\(old) to \(new)")
            #expect(actual.variance == actual.mean)
        }
    }

    @Test func momentumOneKeepsNothing() {
        #expect(updated(1, from: 123_456_792, to: 1e-5).mean == 1e-5)
        #expect(updated(1, from: .greatestFiniteMagnitude / 4, to: 1e-5).variance == 1e-5)
    }

    /// With the default momentum the bits are those of the plain formula.
    @Test func defaultMomentumHasTheSameBits() {
        for number in 0..<1000 {
            let key = RandomKey(seed: 1, purpose: .test)
            let old = key.normal(UInt64(2 * number)) * 10
            let new = key.normal(UInt64(2 * number + 1))
            #expect(updated(0.1, from: old, to: new).mean == old + 0.1 * (4 * new / 4 - old))
        }
    }
}
