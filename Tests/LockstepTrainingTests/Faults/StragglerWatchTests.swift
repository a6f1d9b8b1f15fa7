import LockstepDataParallel
import LockstepRunLog
import LockstepTraining
import Testing

/// One step of ranks with these times.
private func times(load: [Double], compute: [Double]) -> RankTimes {
    var times = RankTimes(ranks: load.count)
    for rank in load.indices {
        times.add(rank: rank, loadSeconds: load[rank], computeSeconds: compute[rank])
    }
    times.endStep()
    return times
}

@Suite struct StragglerWatchTests {
    private func watch(_ shards: [Int]) -> StragglerWatch {
        StragglerWatch(shards: shards, hosts: shards.indices.map { "host\($0)" })
    }

    @Test func meansOfAWindow() {
        var watch = watch([1, 1, 1, 1])
        watch.add(times(load: [0, 0, 0, 0.5], compute: [1, 2, 3, 4]))
        watch.add(times(load: [0, 0, 0, 0.5], compute: [3, 2, 5, 1]))
        let expected = RankSeconds(minimum: 2, median: 2.5, maximum: 4, slowestRank: 2)
        #expect(watch.takeLogged() == expected)
        #expect(watch.takeLogged() == nil)
        watch.add(times(load: [9, 0, 0, 0], compute: [0, 2, 2, 2]))
        #expect(watch.takeLogged() == RankSeconds(minimum: 2, median: 2, maximum: 9, slowestRank: 0))
        #expect(watch.wholeSeconds()?.maximum == 13.0 / 3)
    }

    @Test func reportsASlowRankOnce() {
        var watch = watch([1, 1, 1])
        func step(_ compute: [Double], load: [Double] = [0, 0, 0]) -> Straggler? {
            watch.add(times(load: load, compute: compute))
            return watch.takeStraggler()
        }
        #expect(step([1, 1.5, 1]) == nil)
        let expected = Straggler(
            rank: 1, host: "host1", phase: .compute, shardSeconds: 1.5, shardSecondsOfOthers: 1)
        #expect(step([1, 1.5, 1]) == expected)
        #expect(step([1, 1.5, 1]) == nil)
        // Somebody else, once, is an accident.
        #expect(step([1.5, 1, 1]) == nil)
        #expect(step([1, 1, 1]) == nil)
        #expect(step([1.1, 1, 1.15]) == nil)
        #expect(step([1, 1, 1], load: [0, 0, 1]) == nil)
        #expect(step([1, 1, 1], load: [0, 0, 1])?.phase == .load)
    }

    /// Steps of some milliseconds differ by accident: only a second of them says something.
    @Test func judgesNoShortTimes() {
        var watch = watch([1, 1])
        for number in 1...9 {
            watch.add(times(load: [0, 0], compute: [0.0625, 0.125]))
            #expect(watch.takeStraggler() == nil, "step \(number)")
            #expect((watch.wholeStraggler() == nil) == (number < 8), "step \(number)")
        }
        let told = (10...16).map { _ in
            watch.add(times(load: [0, 0], compute: [0.0625, 0.125]))
            return watch.takeStraggler()?.rank
        }
        #expect(told == [nil, nil, nil, nil, nil, nil, 1])
        #expect(watch.wholeStraggler()?.rank == 1)
    }

    @Test func moreShardsAreNotSlow() {
        var watch = watch([2, 1, 1])
        for _ in 1...4 {
            watch.add(times(load: [0, 0, 0], compute: [4, 2, 2.2]))
            #expect(watch.takeStraggler() == nil)
        }
        #expect(watch.wholeStraggler() == nil && watch.wholeSeconds()?.slowestRank == 0)
    }

    @Test func oneRankIsNeverSlow() {
        var watch = watch([4])
        for _ in 1...4 { watch.add(times(load: [1], compute: [4])) }
        #expect(watch.takeStraggler() == nil && watch.wholeStraggler() == nil)
        #expect(watch.takeLogged() == nil && watch.wholeSeconds() == nil)
    }
}
