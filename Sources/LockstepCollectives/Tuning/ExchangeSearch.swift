import LockstepTimeline

/// The search for the settings with the shortest predicted steps on a measured network.
///
/// The prediction is that of the schedule of messages (`StepForecast`).
package struct ExchangeSearch {
    /// The settings that may be chosen; the first has the defaults.
    package let candidates: [AllreduceSettings]
    private let link: MeasuredLink
    private let schedule: (AllreduceSettings) -> ExchangeSchedule

    /// Settings other than the defaults must be predicted to save this share of a step: a prediction is not more
    /// accurate.
    private static let leastGain = 0.03

    /// The result of a search.
    package struct Best: Sendable, Hashable, BitwiseCopyable {
        /// The number of a candidate.
        package var number = 0
        /// The number of candidates that the search had no time for.
        package var untried = 0
    }

    /// - Parameter settings: what they fix stays.
    package init(
        _ settings: AllreduceSettings, _ link: MeasuredLink, nodes: Int, ranksEach: Int, shards: Int,
        gradientCount: Int, statisticsCount: Int, recordByteCount: Int
    ) {
        self.link = link
        candidates = ExchangeSearch.candidates(
            settings, nodes: nodes, ranksEach: ranksEach, gradientCount: gradientCount)
        schedule = { settings in
            ExchangeSchedule(
                nodes: nodes, ranksEach: ranksEach, shards: max(shards, nodes * ranksEach),
                gradientCount: gradientCount, statisticsCount: statisticsCount,
                recordByteCount: recordByteCount, settings: settings)
        }
    }

    /// The candidate with the shortest steps, among those that make none longer.
    /// - Parameter limit: the time after which no further candidate is tried, in seconds; nil for none.
    package func best(within limit: Double? = nil) -> Best {
        let begin = StepTimeline.now
        let standard = seconds(of: candidates[0])
        var (best, least) = (Best(), standard.reduce(0, +) * (1 - ExchangeSearch.leastGain))
        for index in candidates.indices.dropFirst() {
            if let limit, Double(StepTimeline.now - begin) * 1e-9 > limit {
                best.untried = candidates.count - index
                break
            }
            let steps = seconds(of: candidates[index])
            let isLonger = zip(steps, standard).contains { $0 > $1 }
            if !isLonger, steps.reduce(0, +) < least { (best.number, least) = (index, steps.reduce(0, +)) }
        }
        return best
    }

    /// The predicted times of a step of ranks that compute in no time, and of ranks whose passes take as long as
    /// the bytes on the link: for these it matters most what computation hides.
    package func seconds(of settings: AllreduceSettings) -> [Double] {
        let schedule = schedule(settings)
        let stages = schedule.stages(of: 0)
        let cluster = link.cluster(lanes: schedule.lanes)
        let share = Double(schedule.nodes - 1) / Double(schedule.nodes)
        let bytes = 2 * share * Double(schedule.gradientCount * MemoryLayout<Float>.stride)
        return [0, 1].map { speed in
            let rank = StepProfile(
                evenSteps: 64, of: schedule.gradientCount,
                seconds: max(1e-9, speed * bytes / cluster.bandwidth))
            return StepForecast(schedule, stages: stages, rank, cluster).step
        }
    }

    /// The default settings first.
    private static func candidates(
        _ settings: AllreduceSettings, nodes: Int, ranksEach: Int, gradientCount: Int
    ) -> [AllreduceSettings] {
        var all = [settings]
        for lanes in lanes(settings, ranksEach) {
            for length in lengths(settings, nodes: nodes, gradientCount: gradientCount) {
                for algorithm in algorithms(settings, nodes: nodes) {
                    var next = settings
                    next.tuning.lanes = lanes
                    next.tuning.bucketByteCount = length
                    next.algorithm = algorithm
                    if settings.sumsInParts(gradientCount: .max) {
                        next.tuning.undividedLimit = 0
                        all.append(next)
                        // A sharded optimizer needs parts.
                        guard settings.placement == .arriving else { continue }
                        next.tuning.undividedLimit = gradientCount
                    }
                    for limit in algorithm == .auto ? wholeLimits : [settings.tuning.wholeLimit] {
                        next.tuning.wholeLimit = limit
                        all.append(next)
                    }
                }
            }
        }
        return all
    }

    private static func lanes(_ settings: AllreduceSettings, _ ranksEach: Int) -> [Int?] {
        if let lanes = settings.tuning.lanes { return [lanes] }
        var lanes: [Int?] = [nil]
        var fewer = ranksEach / 2
        while fewer > 0 {
            lanes.append(fewer)
            fewer /= 2
        }
        return lanes
    }

    /// Lengths of buckets in bytes: from 16 KiB for each node to 8 MiB, whose memory is needed several times.
    private static func lengths(_ settings: AllreduceSettings, nodes: Int, gradientCount: Int) -> [Int?] {
        if let length = settings.tuning.bucketByteCount { return [length] }
        let whole = gradientCount * MemoryLayout<Float>.stride
        var lengths: [Int?] = [nil]
        var length = nodes << 14
        while length <= min(8 << 20, 2 * whole) {
            // Every poll looks at the messages of all buckets.
            if whole / length <= mostBuckets { lengths.append(length) }
            length *= 2
        }
        return lengths
    }

    private static let mostBuckets = 1024

    /// Halving needs a round for each doubling of the nodes; the direct exchange has one, with a message to every
    /// other node.
    private static func algorithms(_ settings: AllreduceSettings, nodes: Int) -> [AllreduceAlgorithm] {
        settings.algorithm == .auto && GatherRounds(nodes: nodes).isDirect
            ? [.auto, .tree] : [settings.algorithm]
    }

    /// Limits of what is sent whole, in floats: 64 KiB, 1 MiB, 4 MiB.
    private static let wholeLimits = [1 << 14, 1 << 18, 1 << 20]
}

extension StepProfile {
    /// A rank whose backward pass, twice as long as its forward pass, finishes gradients evenly, and whose
    /// forward pass reads parameters evenly in the opposite order.
    package init(evenSteps count: Int, of gradients: Int, seconds: Double) {
        let parts = (0..<count).map { gradients * $0 / count..<gradients * ($0 + 1) / count }
        let (forward, backward) = (seconds / 3, seconds * 2 / 3)
        self.init(
            forward: forward, backward: backward, rest: 0,
            reads: parts.enumerated().map {
                ($0.element, forward * Double(count - 1 - $0.offset) / Double(count))
            },
            finishes: parts.enumerated().map {
                ($0.element, backward * Double($0.offset + 1) / Double(count))
            })
    }
}
