import LockstepDataParallel
import LockstepRunLog
import LockstepText
import LockstepTraining

/// The result of a step measurement, as a table and as JSON.
public struct StepReport {
    let model: String
    let precision: String
    let parameters: Int
    let ranks: Int
    let shards: Int
    let threads: Int
    let batch: Int
    let samplesName: String
    let communicates: Bool
    let warmup: Int
    /// A warning about the measurement, on rank 0; nil for none.
    public internal(set) var warning: String?
    var repetitions: [StepRepetition] = []
    /// The speed of large matrix products on all ranks at once, for each precision, in GFLOP/s; empty if not
    /// measured.
    var peaks: [(precision: String, value: Double)] = []

    /// The parts of a step of rank 0 with their floors; nil if not measured.
    var roofline: Roofline?

    /// The peak in the precision of the steps.
    private var peak: Double? { peaks.last?.value }
    private var speed: Quartiles { Quartiles(repetitions.map(\.gigaOperationsPerSecond)) }
    /// The floating-point operations of a step over all ranks, in 10^9.
    private var gigaOperationsPerStep: Double {
        let steps = repetitions.map(\.steps).reduce(0, +)
        return repetitions.map(\.operations).reduce(0, +) / Double(max(1, steps)) * 1e-9
    }

    init(_ setup: TrainingSetup, ranks: Int, options: StepBenchmark.Options) {
        model = setup.configuration.model.name
        precision = setup.configuration.precision.rawValue
        parameters = setup.dataParallel.store.parameterElementCount
        self.ranks = ranks
        shards = setup.shards
        threads = setup.configuration.threads
        batch = setup.configuration.batch
        samplesName = setup.dataset.samplesName
        communicates = options.communicates
        warmup = options.warmup
    }

    /// The line sent to a driver after the warm-up.
    var readyLine: String {
        JSONText.object([
            ("ready", .truth(true)), ("ranks", .integer(ranks)), ("model", .text(model)),
            ("precision", .text(precision)), ("parameters", .integer(parameters)),
        ]).line
    }

    /// The whole result.
    public var json: String {
        JSONText.object(
            [
                ("model", .text(model)), ("precision", .text(precision)),
                ("parameters", .integer(parameters)),
                ("ranks", .integer(ranks)), ("shards", .integer(shards)), ("threads", .integer(threads)),
                ("batch", .integer(batch)), ("communication", .truth(communicates)),
                ("warmup", .integer(warmup)),
                (
                    "samples_per_second", Quartiles(repetitions.map(\.samplesPerSecond)).json
                ),
                ("milliseconds", .object(phases.map { ($0.name, $0.times.json) })),
                ("gflop_per_step", .number(gigaOperationsPerStep)), ("gflops", speed.json),
                ("gemm_peak_gflops", .object(peaks.map { ($0.precision, .number($0.value)) })),
                ("share_of_gemm_peak", .number(peak.map { speed.median / $0 } ?? .nan)),
                ("peak_memory_bytes", .integer(repetitions.map(\.peakMemory).max() ?? 0)),
                ("repetitions", .list(repetitions.map(\.json))),
            ] + (roofline.map { [("roofline", $0.json)] } ?? [])
        ).pretty
    }

    /// Writes the JSON.
    /// - Throws: `RunLogError` when it cannot be written.
    public func write(to path: String) throws { try replaceFile(path, with: json, option: "--json") }

    private var phases: [(name: String, times: Quartiles)] {
        guard let first = repetitions.first else { return [] }
        return first.milliseconds.indices.map { index in
            (first.milliseconds[index].name, Quartiles(repetitions.map { $0.milliseconds[index].value }))
        }
    }

    /// A row for the step and each phase, followed by size and speed.
    public var table: String {
        var rows = [["ms per step", "median", "lower", "upper", "share"]]
        let whole = phases.first?.times.median ?? .nan
        for (name, times) in phases {
            rows.append(
                [name] + [times.median, times.lower, times.upper].map { decimals($0, 3) }
                    + [decimals(times.median / whole * 100, 1) + "%"])
        }
        let samples = Quartiles(repetitions.map(\.samplesPerSecond))
        let memory = Double(repetitions.map(\.peakMemory).max() ?? 0) / 1_048_576
        let facts = [
            ["model", "\(model), \(precision), \(parameters) parameters"],
            [
                "ranks",
                "\(ranks), \(threads) thread\(threads == 1 ? "" : "s") each, \(shards) shards"
                    + (communicates ? "" : ", without communication"),
            ],
            ["batch", "\(batch)"],
            ["\(samplesName) per second", samples.text(decimals: 1)],
            ["GFLOP per step", decimals(gigaOperationsPerStep, 3)],
            [
                "GFLOP/s",
                speed.text(decimals: 1)
                    + (peak.map { ", \(decimals(speed.median / $0 * 100, 1))% of the peak" } ?? ""),
            ],
            [
                "GEMM peak, GFLOP/s",
                peaks.isEmpty
                    ? "not measured"
                    : peaks.map { "\(decimals($0.value, 1)) \($0.precision)" }.joined(separator: ", "),
            ],
            ["peak memory per rank", "\(decimals(memory, 1)) MiB"],
        ]
        return TextTable.aligned(rows, right: true) + "\n" + TextTable.aligned(facts)
            + (roofline.map { "\n" + $0.table } ?? "")
    }
}
