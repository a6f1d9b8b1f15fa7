import Foundation
import LockstepCollectives
import LockstepRunLog
import LockstepText
import LockstepTimeline

/// A trace of a few steps on all ranks in Chrome's trace format, for chrome://tracing and ui.perfetto.dev: one process per
/// rank, one thread each for computation and loader, one span per phase.
///
/// Times are from each host's monotonic clock, relative to the host's first span.
package struct StepTrace {
    /// The timeline of the thread that computes.
    package let computation: StepTimeline
    /// The timeline of the loader's thread.
    package let loader: StepTimeline

    private let path: String

    /// The number of steps in the trace, and the number of steps before it.
    package static let stepCount = 10
    package static let warmup = 10

    /// The maximum number of events in a step: per shard, and once per step.
    private static func events(shards: Int) -> Int { 256 + 8 * shards }

    /// - Parameters:
    ///   - prefetch: the number of batches that the loader prepares ahead.
    ///   - shards: the number of shards that the rank computes in a step.
    package init(path: String, steps: Range<Int>, prefetch: Int, shards: Int, heartbeat: Heartbeat? = nil) {
        self.path = path
        computation = StepTimeline(
            tracedSteps: steps, eventsPerStep: Self.events(shards: shards),
            heartbeat: heartbeat)
        // While the last step is computed, the loader is already ahead.
        loader = StepTimeline(tracedSteps: steps.lowerBound..<steps.upperBound + prefetch + 1)
    }

    /// The steps of a run to trace: after the warm-up, or the last ones of a short run.
    package static func steps(from first: Int, to end: Int) -> Range<Int> {
        let lower = max(first, min(first + warmup, end - stepCount))
        return lower..<max(lower, min(end, lower + stepCount))
    }

    /// The events of a rank, as sent to rank 0.
    private struct Rank {
        var computation: [StepTimeline.Event]
        var loader: [StepTimeline.Event]
    }

    /// Sends the events of all ranks to rank 0, which writes them. Collective; no thread may be recording.
    /// - Returns: on rank 0, a warning if events were dropped.
    /// - Throws: `AgreedFailure` if the file cannot be written.
    package func write(_ communicator: Communicator) throws -> String? {
        let leftOut: [Int] = try communicator.allGather(computation.leftOut + loader.leftOut)
        let ranks = zip(
            try communicator.allGather(computation.events.bytes),
            try communicator.allGather(loader.events.bytes)
        ).map { Rank(computation: $0.events, loader: $1.events) }
        let names = try communicator.allGather(Array(communicator.hostName.utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
        try communicator.together {
            guard communicator.rank == 0 else { return }
            try replaceFile(
                path, with: text(ranks, names: names, hosts: communicator.hostOfRank), option: "--trace")
        }
        let sum = leftOut.reduce(0, +)
        guard sum > 0, communicator.rank == 0 else { return nil }
        return "the trace \(path) lacks its last \(sum) spans, since its buffer was full"
    }

    private func text(_ ranks: [Rank], names: [String], hosts: [Int]) -> String {
        var origins: [Int: UInt64] = [:]
        for (rank, events) in ranks.enumerated() {
            guard let first = events.computation.first else { continue }
            origins[hosts[rank]] = min(origins[hosts[rank]] ?? .max, first.begin)
        }
        var events: [String] = []
        for (rank, own) in ranks.enumerated() {
            events.append(name("process_name", rank, 0, "rank \(rank) on \(names[rank])"))
            events.append(name("thread_name", rank, 0, "compute"))
            events.append(name("thread_name", rank, 1, "loader"))
            guard let first = own.computation.first, let last = own.computation.last,
                let origin = origins[hosts[rank]]
            else { continue }
            for event in own.computation { events.append(span(event, rank, 0, origin)) }
            for event in own.loader where event.begin >= first.begin && event.begin < last.end {
                events.append(span(event, rank, 1, origin))
            }
        }
        return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + events.joined(separator: ",\n") + "\n]}\n"
    }

    private func name(_ kind: String, _ rank: Int, _ thread: Int, _ name: String) -> String {
        json([
            ("name", .text(kind)), ("ph", .text("M")), ("pid", .integer(rank)), ("tid", .integer(thread)),
            ("args", .object([("name", .text(name))])),
        ])
    }

    private func span(_ event: StepTimeline.Event, _ rank: Int, _ thread: Int, _ origin: UInt64) -> String {
        let phase = StepPhase(rawValue: event.phase) ?? .other
        return json([
            ("name", .text(phase.name)), ("cat", .text("step")), ("ph", .text("X")),
            ("ts", .number(Double(event.begin - origin) / 1000)),
            ("dur", .number(Double(event.end - event.begin) / 1000)), ("pid", .integer(rank)),
            ("tid", .integer(thread)), ("args", .object([("step", .integer(Int(event.step) + 1))])),
        ])
    }

    private func json(_ entries: [(key: String, value: JSONText)]) -> String {
        String(JSONText.object(entries).line.dropLast())
    }
}

extension UnsafeBufferPointer<StepTimeline.Event> {
    fileprivate var bytes: [UInt8] { Array(UnsafeRawBufferPointer(self)) }
}

extension [UInt8] {
    fileprivate var events: [StepTimeline.Event] {
        withUnsafeBytes { raw in
            (0..<raw.count / MemoryLayout<StepTimeline.Event>.stride).map {
                raw.loadUnaligned(
                    fromByteOffset: $0 * MemoryLayout<StepTimeline.Event>.stride, as: StepTimeline.Event.self)
            }
        }
    }
}
