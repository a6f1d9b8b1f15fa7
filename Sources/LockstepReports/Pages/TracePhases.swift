import Foundation
import LockstepFiles
import LockstepText

/// The mean time of each phase of a step on each rank, from a trace (`lockstep train --trace`).
public struct TracePhases: Sendable {
    /// The names of the columns: rank, each phase, and the whole step.
    public private(set) var header: [String] = ["rank"]
    /// One row per rank: its name, and the milliseconds per step in each phase.
    public private(set) var rows: [[String]] = []

    /// The part of a trace that is read.
    private struct Trace: Decodable {
        struct Arguments: Decodable {
            var name: String?
            var step: Int?
        }
        struct Event: Decodable {
            var name: String
            var ph: String
            var pid: Int
            var tid: Int
            var dur: Double?
            var args: Arguments?
        }
        var traceEvents: [Event]
    }

    /// Reads a trace.
    /// - Throws: `ReportError` for a file that cannot be read or is not a trace.
    public init(path: String) throws(ReportError) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SafeFile.contents(path)
        } catch {
            throw ReportError("--trace \(path) cannot be read: \(error.words)")
        }
        guard let trace = try? JSONDecoder().decode(Trace.self, from: Data(bytes)) else {
            throw ReportError(
                "--trace \(path) is not a trace; lockstep train --trace writes a trace of ten steps of the run"
            )
        }
        var names: [Int: String] = [:]
        var phases: [String] = []
        var sums: [Int: [String: Double]] = [:]
        var steps: [Int: Set<Int>] = [:]
        for event in trace.traceEvents {
            if event.name == "process_name" { names[event.pid] = event.args?.name }
            guard event.ph == "X", event.tid == 0, let duration = event.dur, let step = event.args?.step
            else {
                continue
            }
            if !phases.contains(event.name) { phases.append(event.name) }
            sums[event.pid, default: [:]][event.name, default: 0] += duration
            steps[event.pid, default: []].insert(step)
        }
        header += phases.map { "\($0) (ms)" } + ["step (ms)"]
        rows = sums.keys.sorted().map { rank in
            let own = sums[rank] ?? [:]
            let scale = 1 / (1000 * Double(max(1, steps[rank]?.count ?? 1)))
            return [names[rank] ?? "rank \(rank)"]
                + phases.map { decimals((own[$0] ?? 0) * scale, 2) }
                + [decimals(own.values.reduce(0, +) * scale, 2)]
        }
    }
}
