import LockstepRunLog
import LockstepText

/// The result of an allreduce measurement, as a table and as JSON.
public struct AllreduceReport {
    /// One size, hot or off-cache. Times are microseconds of the slowest rank, one for each repetition.
    struct Row {
        var byteCount: Int
        var buffer: String
        /// The part of a step's exchange that carries this size.
        var path: String
        /// The number of consecutive exchanges in one measurement.
        var batch: Int
        var ours: [Double]
        var library: [Double]
        var copy: [Double]

        /// The time of `MPI_Allreduce` relative to Lockstep's.
        var libraryRatio: Quartiles { Quartiles(zip(library, ours).map { $0 / $1 }) }
        /// The time of Lockstep relative to the copy.
        var copyRatio: Quartiles { Quartiles(zip(ours, copy).map { $0 / $1 }) }

        /// Size by time, in GB/s.
        func algorithmBandwidth(_ times: [Double]) -> Double {
            Double(byteCount) / Quartiles(times).median * 1e-3
        }
    }

    let ranks: Int
    let hosts: Int
    let repetitions: Int
    let library: String
    /// Why memory was not shared; nil if it was.
    public internal(set) var refusal: String?
    var rows: [Row] = []

    init(ranks: Int, hosts: Int, repetitions: Int, library: String) {
        self.ranks = ranks
        self.hosts = hosts
        self.repetitions = repetitions
        self.library = library
    }

    /// Algorithm bandwidth times 2 (n - 1) / n: the traffic of a ring.
    private var busFactor: Double { 2 * Double(ranks - 1) / Double(ranks) }

    /// The whole result.
    public var json: String {
        func times(_ row: Row, _ values: [Double]) -> JSONText {
            let quartiles = Quartiles(values)
            let bandwidth = row.algorithmBandwidth(values)
            return .object([
                ("median", .number(quartiles.median)), ("lower", .number(quartiles.lower)),
                ("upper", .number(quartiles.upper)), ("algbw_gb_per_s", .number(bandwidth)),
                ("busbw_gb_per_s", .number(bandwidth * busFactor)),
            ])
        }
        let list = rows.map { row in
            JSONText.object([
                ("bytes", .integer(row.byteCount)), ("buffer", .text(row.buffer)), ("path", .text(row.path)),
                ("batch", .integer(row.batch)),
                (
                    "microseconds",
                    .object([
                        ("lockstep", times(row, row.ours)), ("mpi_allreduce", times(row, row.library)),
                        ("memcpy", times(row, row.copy)),
                    ])
                ),
                ("mpi_over_lockstep", row.libraryRatio.json), ("lockstep_over_memcpy", row.copyRatio.json),
            ])
        }
        return JSONText.object([
            ("ranks", .integer(ranks)), ("hosts", .integer(hosts)), ("repetitions", .integer(repetitions)),
            ("mpi", .text(library)), ("shared_memory", .truth(refusal == nil)), ("rows", .list(list)),
        ]).pretty
    }

    /// Throws unless the JSON can be written to a file.
    public static func requireWritable(_ path: String) throws {
        try LockstepRunLog.requireWritable(path, option: "--json")
    }

    /// Writes the JSON.
    /// - Throws: `RunLogError` when it cannot be written.
    public func write(to path: String) throws { try replaceFile(path, with: json, option: "--json") }

    /// A row for each size and buffer.
    public var table: String {
        var lines = [
            [
                "bytes", "buffer", "lockstep us", "quartiles", "MPI us", "quartiles", "memcpy us",
                "quartiles",
                "algbw GB/s", "busbw GB/s", "MPI / lockstep", "lockstep / memcpy",
            ]
        ]
        for row in rows {
            let times = [row.ours, row.library, row.copy].flatMap { values in
                let quartiles = Quartiles(values)
                return [short(quartiles.median), "\(short(quartiles.lower)) - \(short(quartiles.upper))"]
            }
            let bandwidth = row.algorithmBandwidth(row.ours)
            lines.append(
                ["\(row.byteCount)", row.buffer] + times + [
                    short(bandwidth), short(bandwidth * busFactor), short(row.libraryRatio.median),
                    short(row.copyRatio.median),
                ])
        }
        let hostText = hosts == 1 ? "1 host" : "\(hosts) hosts"
        return TextTable.aligned(lines, right: true)
            + "\n\(ranks) ranks on \(hostText), \(repetitions) repetitions, times of the slowest rank; \(library)\n"
    }

    private func short(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        var buffer = TextBuffer()
        buffer.append(value, decimals: abs(value) < 10 ? 2 : abs(value) < 1000 ? 1 : 0)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
