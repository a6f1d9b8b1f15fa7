import LockstepCollectives
import Testing

/// The choice of settings for a network.
@Suite struct ExchangeSearchTests {
    private func search(
        _ settings: AllreduceSettings, latency: Double, bandwidth: Double, nodes: Int, ranksEach: Int = 1,
        chunks: Int
    ) -> ExchangeSearch {
        ExchangeSearch(
            settings,
            MeasuredLink(
                latency: latency, overhead: 2e-6, rates: [.init(lanes: 1, bytesPerSecond: bandwidth)]),
            nodes: nodes, ranksEach: ranksEach, shards: nodes * ranksEach, gradientCount: chunks * 4096,
            statisticsCount: 0, recordByteCount: 96)
    }

    private var arriving: AllreduceSettings {
        var settings = AllreduceSettings()
        settings.placement = .arriving
        return settings
    }

    private func choice(_ search: ExchangeSearch) -> AllreduceSettings {
        search.candidates[search.best().number]
    }

    /// The sum of the predicted steps of the choice over that of the defaults. No choice makes a step longer.
    private func share(_ search: ExchangeSearch) -> Double {
        let (chosen, standard) = (
            search.seconds(of: choice(search)), search.seconds(of: search.candidates[0])
        )
        #expect(zip(chosen, standard).allSatisfy { $0 <= $1 })
        return chosen.reduce(0, +) / standard.reduce(0, +)
    }

    /// On fast links nothing is gained.
    @Test func defaultsFitFastNetworks() {
        let search = search(arriving, latency: 10e-6, bandwidth: 3e9, nodes: 2, chunks: 4096)
        #expect(search.best().number == 0 && search.candidates[0] == arriving)
    }

    /// 230 KB over 100 Mbit/s and 1 ms: halving and doubling among 4 hosts takes 4 latencies, one after another;
    /// in two halves, or directly, it takes fewer.
    @Test func slowNetworksTakeFewerRounds() {
        let search = search(arriving, latency: 1e-3, bandwidth: 12e6, nodes: 4, chunks: 14)
        #expect(search.best().number > 0)
        #expect(share(search) < 0.9)
    }

    /// What is hardly longer than a latency: without halving, it is sent to all at once.
    @Test func fewGradientsTakeOneRound() {
        var settings = AllreduceSettings()
        settings.placement = .whole
        let search = search(settings, latency: 1e-3, bandwidth: 1e9, nodes: 4, chunks: 14)
        let best = choice(search)
        #expect(best.tuning.wholeLimit > settings.tuning.wholeLimit || best.algorithm == .tree, "\(best)")
        #expect(share(search) < 0.7)
    }

    /// 1 Gbit/s with 20 ms: six buckets in flight do not fill the link.
    @Test func longNetworksTakeLongerBuckets() throws {
        let search = search(arriving, latency: 20e-3, bandwidth: 125e6, nodes: 2, chunks: 4096)
        let best = choice(search)
        #expect(try #require(best.tuning.bucketByteCount) > 1 << 18, "\(best.tuning)")
        #expect(share(search) < 0.9)
    }

    /// Lanes are left out if fewer carry more.
    @Test func lanesThatHinderEachOther() {
        func lanes(_ two: Double) -> Int? {
            let search = ExchangeSearch(
                arriving,
                MeasuredLink(
                    latency: 20e-6, overhead: 2e-6,
                    rates: [.init(lanes: 1, bytesPerSecond: 1e9), .init(lanes: 2, bytesPerSecond: two)]),
                nodes: 2, ranksEach: 2, shards: 4, gradientCount: 4096 * 4096, statisticsCount: 0,
                recordByteCount: 96)
            return choice(search).tuning.lanes
        }
        #expect(lanes(0.5e9) == 1)
        #expect(lanes(2e9) == nil)
    }

    /// A search that is cut short keeps the best settings so far, and says how many it has not tried.
    @Test func searchesEnd() {
        let search = search(arriving, latency: 1e-3, bandwidth: 12e6, nodes: 4, chunks: 14)
        let short = search.best(within: 0)
        #expect(short.number == 0 && short.untried == search.candidates.count - 1)
        #expect(search.best().untried == 0)
    }

    @Test func givenValuesStay() {
        var settings = arriving
        settings.tuning = ExchangeTuning(lanes: 3, bucketByteCount: 1 << 15)
        settings.algorithm = .tree
        let search = search(
            settings, latency: 20e-3, bandwidth: 1e6, nodes: 8, ranksEach: 4, chunks: 4096)
        for candidate in search.candidates {
            #expect(candidate.tuning.lanes == 3 && candidate.tuning.bucketByteCount == 1 << 15)
            #expect(candidate.algorithm == .tree && candidate.placement == .arriving)
        }
    }

    /// A sharded optimizer needs sums in parts, a layerwise one needs them whole.
    @Test func placementsStay() {
        var settings = arriving
        settings.placement = .ownParts
        let sharded = search(settings, latency: 1e-3, bandwidth: 1e7, nodes: 4, chunks: 14)
        #expect(sharded.candidates.allSatisfy { $0.placement == .ownParts && $0.tuning.wholeLimit == 16384 })
        settings.placement = .whole
        let whole = search(settings, latency: 1e-3, bandwidth: 1e7, nodes: 4, chunks: 14)
        #expect(whole.candidates.allSatisfy { $0.placement == .whole })
    }

    /// Few candidates on many hosts, and no bucket that needs much memory.
    @Test(arguments: [2, 16, 1024]) func candidates(nodes: Int) {
        let search = search(
            arriving, latency: 1e-4, bandwidth: 1e9, nodes: nodes, ranksEach: 16, chunks: 20_000)
        #expect(search.candidates.count < 500, "\(search.candidates.count)")
        for candidate in search.candidates {
            #expect((candidate.tuning.bucketByteCount ?? 0) <= max(8 << 20, nodes << 14))
        }
    }
}
