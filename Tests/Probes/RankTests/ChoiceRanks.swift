import LockstepCollectives

extension RankTests {
    /// `choices HOSTS GRADIENTS`: with all settings that a measurement may choose, sums have the bits of the tree,
    /// and the messages are those of the schedule.
    static func choices(_ arguments: [String]) throws {
        let numbers = arguments.compactMap { Int($0) }
        try require(numbers.count == 2 && arguments.count == 2, "unknown: \(arguments)")
        let communicator = try Communicator(hostGrouping: numbers[0])
        let ranksEach = communicator.size / communicator.hostCount
        for placement in [SumPlacement.whole, .arriving, .ownParts] {
            var settings = AllreduceSettings()
            settings.placement = placement
            let candidates = search(settings, communicator, ranksEach, numbers[1]).candidates
            let isInParts = Set(candidates.map { $0.tuning.undividedLimit == 0 })
            try require(
                candidates.count > 10 && (placement != .arriving || isInParts.count == 2),
                "\(placement): \(candidates.count) candidates")
            // Lengths of buckets in turn, with each of the other settings: their numbers, 2, 4 or 6, have no
            // factor in common with 5.
            for (number, candidate) in candidates.enumerated() where number % 5 == 0 || number < 12 {
                try CountedSteps(communicator, candidate, numbers[1], 48).run()
            }
        }
        try communicator.finalize()
    }

    /// `tuned HOSTS GRADIENTS`: all ranks choose the same, once, from a measurement of the network; given values
    /// stay; sums whose bits depend on a choice are not tuned, nor are ranks without shared memory and hosts with
    /// different numbers of ranks.
    static func tuned(_ arguments: [String]) throws {
        let numbers = arguments.compactMap { Int($0) }
        try require(numbers.count == 2 && arguments.count == 2, "unknown: \(arguments)")
        let communicator = try Communicator(hostGrouping: numbers[0])
        var settings = AllreduceSettings()
        settings.isTuned = true
        settings.placement = .arriving
        let first = try CountedSteps(communicator, settings, numbers[1], 48)
        let isEven = communicator.size % communicator.hostCount == 0
        if communicator.hostCount < communicator.size {
            var separate = settings
            separate.sharedMemory = .refused
            try requireUntuned(CountedSteps(communicator, separate, numbers[1], 48), separate)
        }
        if !isEven {
            try requireUntuned(first, settings)
            return try communicator.finalize()
        }
        try first.run()
        guard let link = first.allreduce.choice.link else {
            throw RankTestFailure(message: "nothing was measured")
        }
        let hashes: [Int] = try communicator.allGather(
            "\(first.allreduce.settings)\(link)".utf8.reduce(0) { $0 &* 31 &+ Int($1) })
        try require(hashes.allSatisfy { $0 == hashes[0] }, "ranks chose differently")
        let lanes = communicator.size / communicator.hostCount
        try require(
            link.latency >= 0 && link.latency < 1 && link.rates.first?.lanes == 1
                && link.rates.allSatisfy { $0.lanes <= lanes && $0.bytesPerSecond > 1e5 }, "\(link)")
        let candidates = search(settings, communicator, lanes, numbers[1]).candidates
        try require(candidates.contains(first.allreduce.settings), "\(first.allreduce.settings)")
        let second = try CountedSteps(communicator, settings, numbers[1], 48)
        try require(second.allreduce.choice.link == link, "measured twice")

        settings.tuning = ExchangeTuning(lanes: 1, bucketByteCount: 200_000)
        let fixed = try CountedSteps(communicator, settings, numbers[1], 48)
        try fixed.run()
        try require(fixed.allreduce.settings.tuning.lanes == 1, "\(fixed.allreduce.settings)")
        try require(
            fixed.allreduce.sizes == (1, 13 * 16384), "\(fixed.allreduce.sizes) of 13 chunks, and one lane")
        for inexact in [
            AllreduceSettings(format: .bfloat16), AllreduceSettings(algorithm: .mpi),
            AllreduceSettings(format: .topK(fraction: 0.1)),
        ] {
            var settings = inexact
            settings.isTuned = true
            try requireUntuned(CountedSteps(communicator, settings, numbers[1], 48), settings)
        }
        try applied(communicator, lanes, numbers[1])
        try communicator.finalize()
    }

    /// What is chosen for a network with a long latency, where lanes hinder each other, is what the exchange
    /// uses: one lane, and fewer rounds than those of two halves.
    private static func applied(_ communicator: Communicator, _ lanes: Int, _ gradients: Int) throws {
        var rates = [MeasuredLink.Rate(lanes: 1, bytesPerSecond: 1e9)]
        if lanes > 1 { rates.append(.init(lanes: 2, bytesPerSecond: 1e8)) }
        communicator.link = MeasuredLink(latency: 20e-3, overhead: 2e-6, rates: rates)
        var settings = AllreduceSettings()
        settings.isTuned = true
        settings.placement = .arriving
        let chosen = try CountedSteps(communicator, settings, gradients, 48)
        try require(
            chosen.allreduce.choice.link == communicator.link && chosen.allreduce.settings != settings
                && chosen.allreduce.sizes.lanes == 1 && !chosen.allreduce.isInParts,
            "\(chosen.allreduce.settings)")
        settings.isTuned = false
        let standard = try CountedSteps(communicator, settings, gradients, 48)
        try require(
            standard.allreduce.sizes.lanes == lanes && standard.allreduce.isInParts,
            "\(standard.allreduce.settings)")
        try chosen.run()
        try standard.run()
    }

    private static func requireUntuned(_ steps: CountedSteps, _ settings: AllreduceSettings) throws {
        try require(
            steps.allreduce.choice.link == nil && steps.allreduce.settings == settings,
            "\(steps.allreduce.settings) was tuned")
    }

    private static func search(
        _ settings: AllreduceSettings, _ communicator: Communicator, _ ranksEach: Int, _ gradients: Int
    ) -> ExchangeSearch {
        ExchangeSearch(
            settings, MeasuredLink(latency: 0, overhead: 0, rates: []), nodes: communicator.hostCount,
            ranksEach: ranksEach, shards: communicator.size, gradientCount: gradients, statisticsCount: 48,
            recordByteCount: 24)
    }
}
