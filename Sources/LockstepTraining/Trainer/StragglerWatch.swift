import LockstepContracts
import LockstepDataParallel
import LockstepRunLog

/// Finds the ranks for which the others wait, from the times in every step's records. All ranks find the same.
///
/// Ranks may have different numbers of shards, and then compute for different times by design, so they are compared by the
/// time per shard. Nothing is allocated in a step.
package struct StragglerWatch {
    /// Ranks are compared when the slowest has computed for this long, in seconds; shorter times are too random.
    private static let windowSeconds = 1.0

    /// Since the last logged step, since the last comparison, and in this run.
    private var logged: RankTimes
    private var judged: RankTimes
    private var whole: RankTimes
    private let shards: [Double]
    private let hosts: [String]
    /// The ranks, sorted by the last `seconds`. The order is kept, since sorting a nearly sorted list is fast.
    private var order: [Int]
    private var suspect: Int?
    private var isReported = false

    /// - Parameters:
    ///   - shards: the number of shards of each rank.
    ///   - hosts: the name of each rank's host.
    package init(shards: [Int], hosts: [String]) {
        contract(shards.count == hosts.count, "StragglerWatch: \(shards.count) ranks, \(hosts.count) hosts")
        self.shards = shards.map { Double(max(1, $0)) }
        self.hosts = hosts
        logged = RankTimes(ranks: shards.count)
        (judged, whole) = (logged, logged)
        order = Array(shards.indices)
    }

    /// Records the times of a step.
    package mutating func add(_ times: RankTimes) {
        guard order.count > 1 else { return }
        logged.add(times)
        judged.add(times)
        whole.add(times)
    }

    /// The times since the last call; nil for one rank.
    package mutating func takeLogged() -> RankSeconds? {
        let seconds = rankSeconds(of: logged)
        logged.clear()
        return seconds
    }

    /// The times of the whole run; nil for one rank.
    package mutating func wholeSeconds() -> RankSeconds? { rankSeconds(of: whole) }

    /// The rank that was clearly slower in the whole run, if one was.
    package mutating func wholeStraggler() -> Straggler? {
        longestSeconds(in: whole) >= StragglerWatch.windowSeconds ? straggler(in: whole) : nil
    }

    /// A rank to report: it was clearly slower in two consecutive windows and has not been reported yet.
    package mutating func takeStraggler() -> Straggler? {
        guard longestSeconds(in: judged) >= StragglerWatch.windowSeconds else { return nil }
        defer { judged.clear() }
        let found = straggler(in: judged)
        if found?.rank != suspect {
            (suspect, isReported) = (found?.rank, false)
            return nil
        }
        guard let found, !isReported else { return nil }
        isReported = true
        return found
    }

    /// The computing time of the slowest rank.
    private func longestSeconds(in times: RankTimes) -> Double {
        var longest = 0.0
        for rank in order { longest = max(longest, times.loadSeconds[rank] + times.computeSeconds[rank]) }
        return longest
    }

    private mutating func rankSeconds(of times: RankTimes) -> RankSeconds? {
        guard order.count > 1, times.steps > 0 else { return nil }
        func seconds(_ rank: Int) -> Double { times.loadSeconds[rank] + times.computeSeconds[rank] }
        sort(seconds)
        let steps = Double(times.steps)
        let slowest = order[order.count - 1]
        return RankSeconds(
            minimum: seconds(order[0]) / steps, median: median(order.count, seconds) / steps,
            maximum: seconds(slowest) / steps, slowestRank: slowest)
    }

    private mutating func straggler(in times: RankTimes) -> Straggler? {
        guard order.count > 1, times.steps > 0 else { return nil }
        let shards = self.shards
        func seconds(_ rank: Int) -> Double {
            (times.loadSeconds[rank] + times.computeSeconds[rank]) / shards[rank]
        }
        sort(seconds)
        let others = order.count - 1
        let slowest = order[others]
        let medianOfOthers = median(others, seconds)
        guard seconds(slowest) > Straggler.factor * medianOfOthers else { return nil }
        var load = times.loadSeconds[slowest] / shards[slowest]
        var compute = times.computeSeconds[slowest] / shards[slowest]
        for rank in order where rank != slowest {
            load -= times.loadSeconds[rank] / shards[rank] / Double(others)
            compute -= times.computeSeconds[rank] / shards[rank] / Double(others)
        }
        let steps = Double(times.steps)
        return Straggler(
            rank: slowest, host: hosts[slowest], phase: load > compute ? .load : .compute,
            shardSeconds: seconds(slowest) / steps, shardSecondsOfOthers: medianOfOthers / steps)
    }

    /// The median over the first `count` ranks of `order`.
    private func median(_ count: Int, _ value: (Int) -> Double) -> Double {
        (value(order[(count - 1) / 2]) + value(order[count / 2])) / 2
    }

    /// Sorts `order` by insertion: in place, without allocation.
    private mutating func sort(_ value: (Int) -> Double) {
        for end in 1..<order.count {
            let rank = order[end]
            var place = end
            while place > 0, value(order[place - 1]) > value(rank) {
                order[place] = order[place - 1]
                place -= 1
            }
            order[place] = rank
        }
    }
}
