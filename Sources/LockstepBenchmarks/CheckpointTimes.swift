import LockstepRunLog
import LockstepText

/// The result of a checkpoint measurement, as a table and as JSON. Times are in seconds.
public struct CheckpointTimes {
    /// One checkpoint.
    struct Repetition {
        /// The time of all ranks to copy as many bytes as their slices have.
        var copy: Double
        /// The stop of the steps, on the slowest rank.
        var stop: Double
        /// The times of the steps before it.
        var alone: [Double]
        /// The times of the steps during the write.
        var beside: [Double]
        /// The time of the write.
        var write: Double
        /// The processor time of the writer's thread.
        var processor: Double
        /// The size of its files.
        var byteCount: Int

        var ratio: Double { stop / copy }
        /// The total slowdown of the steps during the write.
        var lost: Double { beside.reduce(0, +) - Double(beside.count) * Quartiles(alone).median }

        var json: JSONText {
            .object([
                ("copy", .number(copy)), ("stop", .number(stop)), ("write", .number(write)),
                ("processor", .number(processor)), ("bytes", .integer(byteCount)), ("lost", .number(lost)),
                ("steps_alone", .list(alone.map { .number($0) })),
                ("steps_beside", .list(beside.map { .number($0) })),
            ])
        }
    }

    let ranks: Int
    let hosts: Int
    let parameters: Int
    /// Why rank 0 copied alone; nil if it did not.
    public internal(set) var refusal: String?
    var repetitions: [Repetition] = []

    init(ranks: Int, hosts: Int, parameters: Int) {
        self.ranks = ranks
        self.hosts = hosts
        self.parameters = parameters
    }

    private func quartiles(_ value: (Repetition) -> Double) -> Quartiles { Quartiles(repetitions.map(value)) }
    private var alone: Quartiles { Quartiles(repetitions.flatMap(\.alone)) }
    private var beside: Quartiles { Quartiles(repetitions.flatMap(\.beside)) }
    private var byteCount: Int { repetitions.map(\.byteCount).max() ?? 0 }
    /// The throughput in MB/s.
    private var throughput: Quartiles { quartiles { Double($0.byteCount) / $0.write * 1e-6 } }

    private var lines: [(name: String, key: String, values: Quartiles)] {
        [
            ("stop of the steps", "stop", quartiles(\.stop)),
            ("copy of the slices (memcpy)", "copy", quartiles(\.copy)),
            ("step, nothing beside", "step_alone", alone),
            ("step, a write beside", "step_beside", beside),
            ("write", "write", quartiles(\.write)),
            ("processor time of the writer", "processor", quartiles(\.processor)),
            ("lost by all steps of a write", "lost", quartiles(\.lost)),
        ]
    }

    /// The whole result.
    public var json: String {
        JSONText.object([
            ("ranks", .integer(ranks)), ("hosts", .integer(hosts)), ("parameters", .integer(parameters)),
            ("bytes", .integer(byteCount)), ("shared_memory", .truth(refusal == nil)),
            ("stop_over_copy", quartiles(\.ratio).json),
            ("seconds", .object(lines.map { ($0.key, $0.values.json) })),
            ("megabytes_per_second", throughput.json),
            ("repetitions", .list(repetitions.map(\.json))),
        ]).pretty
    }

    /// Throws unless the JSON can be written to a file.
    public static func requireWritable(_ path: String) throws {
        try LockstepRunLog.requireWritable(path, option: "--json")
    }

    /// Writes the JSON.
    /// - Throws: `RunLogError` when it cannot be written.
    public func write(to path: String) throws { try replaceFile(path, with: json, option: "--json") }

    /// A row for each time, followed by sizes and ratios.
    public var table: String {
        var rows = [["seconds", "median", "lower", "upper"]]
        for (name, _, values) in lines {
            rows.append([name] + [values.median, values.lower, values.upper].map { decimals($0, 4) })
        }
        let ratio = quartiles(\.ratio)
        let hostText = hosts == 1 ? "1 host" : "\(hosts) hosts"
        let facts = [
            ["stop / copy", ratio.text(decimals: 2)],
            [
                "state",
                "\(decimals(Double(byteCount) / 1_048_576, 1)) MiB of \(parameters) parameters, with Adam's moments",
            ],
            ["write, MB/s", throughput.text(decimals: 1)],
            ["ranks", "\(ranks) on \(hostText)"],
            ["checkpoints", "\(repetitions.count)"],
        ]
        return TextTable.aligned(rows, right: true) + "\n" + TextTable.aligned(facts)
    }
}
