import LockstepAutograd
import LockstepCollectives
import LockstepDataParallel
import LockstepMetrics
import LockstepTrackers

/// Histograms of parameters and gradients for the trackers that ask for them.
///
/// Each rank counts the values of its slice, and all ranks exchange their counts. With several phases, the values of a phase are
/// counted in its first step from the one on that is due. Every rank has the same object, whether it has trackers or not.
final class ParameterHistograms {
    /// A tracker that asks for histograms.
    private struct Request {
        /// The place of the tracker in the configuration.
        let tracker: Int
        let everySteps: Int
        /// Whether each phase is due.
        var isDue: [Bool]
    }

    private var requests: [Request]

    /// Nil where no tracker asks for histograms.
    init?(_ trackers: [any TrackerComponent], phases: Int) {
        requests = trackers.enumerated().compactMap { place, tracker in
            tracker.histogramsEverySteps.map {
                Request(
                    tracker: place, everySteps: $0, isDue: Array(repeating: false, count: phases))
            }
        }
        if requests.isEmpty { return nil }
    }

    /// Notes a step of a phase; allocates nothing where nothing is due.
    /// - Returns: whether a tracker asks for the histograms after this step.
    func note(step: Int, phase: Int) -> Bool {
        var isDue = false
        for index in requests.indices {
            if step % requests[index].everySteps == 0 {
                for phase in requests[index].isDue.indices { requests[index].isDue[phase] = true }
            }
            if requests[index].isDue[phase] { isDue = true }
        }
        return isDue
    }

    /// The trackers for which a phase is due, by their places in the configuration; then it is due no more.
    func take(phase: Int) -> [Int] {
        var trackers: [Int] = []
        for index in requests.indices where requests[index].isDue[phase] {
            requests[index].isDue[phase] = false
            trackers.append(requests[index].tracker)
        }
        return trackers
    }

    /// Counts the values of a phase after an applied step of it. Collective.
    /// - Returns: on rank 0, the parameters and gradients in the order of registration; on other ranks nothing.
    func collect(_ dataParallel: DataParallel, _ communicator: Communicator, phase: Int) throws
        -> [TrackedHistogram]
    {
        let parameters = dataParallel.store.parameters.filter { $0.phase == phase }
        var words: [UInt64] = []
        try dataParallel.readValues(ofPhase: phase) { values in
            for (kind, source, ranges, scale) in [
                (UInt64(0), values.parameters, values.parameterRanges, Float(1)),
                (1, values.gradients, values.gradientRanges, values.scale),
            ] {
                for parameter in parameters {
                    for range in ranges {
                        let own = range.clamped(
                            to: parameter.offset..<parameter.offset + parameter.elementCount)
                        guard !own.isEmpty else { continue }
                        words += [UInt64(parameter.index) << 1 | kind, UInt64(own.lowerBound)]
                        words += Self.count(source, own, scale: scale).words
                    }
                }
            }
        }
        let all = try communicator.allGather(words.withUnsafeBytes { Array($0) })
        guard communicator.rank == 0 else { return [] }
        var parts: [UInt64: [(first: UInt64, histogram: ValueHistogram)]] = [:]
        for bytes in all {
            var rest = bytes.withUnsafeBytes { raw in
                (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }[...]
            }
            while let key = rest.popFirst(), let first = rest.popFirst() {
                parts[key, default: []].append((first, ValueHistogram(words: &rest)))
            }
        }
        return parameters.flatMap { parameter in
            // Sparse tables have no flat gradients.
            (parameter.isSparse ? ["parameters"] : ["parameters", "gradients"]).enumerated().map {
                kind, name in
                var sum = ValueHistogram()
                // In the order of the tensor, so that sums have the same bits for any number of ranks.
                for part in (parts[UInt64(parameter.index) << 1 | UInt64(kind)] ?? []).sorted(by: {
                    $0.first < $1.first
                }) {
                    sum += part.histogram
                }
                return TrackedHistogram(tag: "\(name)/\(parameter.name)", values: sum)
            }
        }
    }

    /// The histogram of a range, chunk by chunk: ranks share a tensor at borders of chunks.
    private static func count(_ source: UnsafePointer<Float>, _ range: Range<Int>, scale: Float)
        -> ValueHistogram
    {
        var histogram = ValueHistogram()
        var begin = range.lowerBound
        while begin < range.upperBound {
            let chunk = ParameterStore.chunk
            let end = min(range.upperBound, (begin / chunk + 1) * chunk)
            histogram.add(UnsafeBufferPointer(start: source + begin, count: end - begin), scale: scale)
            begin = end
        }
        return histogram
    }
}
