import Foundation
import Lockstep

/// Noisy waves made from a seed: `signal` [64], the class of its `form`, and its `frequency` [1] in Hz, standardized by the mean
/// and deviation of the training split.
struct WaveData: Dataset {
    struct Configuration: DataComponent {
        static let name = "waves"
        static var keys: KeyTable<Self> {
            KeyTable(
                .integer("training", \.training, .within(1...1_000_000), "waves to train with"),
                .integer("test", \.test, .within(1...1_000_000), "waves to test with"),
                .flag("labelled", \.labelled, "whether the test waves have their targets"),
                .number("noise", \.noise, .within(0...100), "deviation of the noise of a signal"),
                .seed("seed", \.seed, "source of the waves"))
        }
        var training = 4000, test = 500, labelled = true, noise = 0.1, seed: UInt64 = 1
        let hasValidation = false
        var taskName: String? { WaveForms.Configuration.name }

        func open(_ request: DatasetRequest) throws -> any Dataset {
            // A trained network keeps the units that it was trained with.
            try WaveData(self, request.constants.flatMap(Frequencies.init) ?? Frequencies(of: self))
        }

        func schema(of constants: DatasetConstants) throws -> BatchSchema? {
            try Frequencies(constants).map(WaveData.schema)
        }
    }

    /// What the training split decides: mean and deviation of its frequencies.
    struct Frequencies: Codable {
        var mean: Double
        var deviation: Double

        init(of configuration: Configuration) {
            let all = (0..<configuration.training).map {
                WaveData.wave($0, of: .training, seed: configuration.seed).frequency
            }
            let mean = all.reduce(0, +) / Double(all.count)
            let squares = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            self.mean = mean
            deviation = squares > 0 ? (squares / Double(all.count)).squareRoot() : 1
        }

        init?(_ constants: DatasetConstants) throws {
            guard let kept = try constants.get(Configuration.name, as: Frequencies.self) else { return nil }
            guard kept.mean.isFinite, kept.deviation > 0 else {
                throw DatasetConstantsError(name: Configuration.name, reason: "deviation must be above 0")
            }
            self = kept
        }
    }

    static let length = 64
    static let forms = ["sine", "square", "sawtooth"]

    let schema: BatchSchema
    let constants: DatasetConstants
    private let configuration: Configuration
    private let frequencies: Frequencies

    init(_ configuration: Configuration, _ frequencies: Frequencies) throws {
        self.configuration = configuration
        self.frequencies = frequencies
        schema = Self.schema(frequencies)
        var constants = DatasetConstants()
        try constants.set(Configuration.name, frequencies)
        self.constants = constants
    }

    static func schema(_ frequencies: Frequencies) -> BatchSchema {
        let units = BatchField.Units(mean: frequencies.mean, deviation: frequencies.deviation)
        return BatchSchema([
            BatchField("signal", [length]),
            BatchField("form", Shape(), .int32, role: .target, classes: forms.count, classNames: forms),
            BatchField("frequency", [1], role: .target, units: [units]),
        ])
    }

    var fingerprint: String {
        "waves 1 \(configuration.training) \(configuration.noise) \(configuration.seed)"
    }
    var samplesName: String { "waves" }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: configuration.training
        case .validation: 0
        case .test: configuration.test
        }
    }

    func hasTargets(_ split: DatasetSplit) -> Bool { split != .test || configuration.labelled }

    /// The wave with a number: form, frequency in Hz, and phase.
    private static func wave(
        _ sample: Int, of split: DatasetSplit, seed: UInt64
    ) -> (form: Int, frequency: Double, phase: Double, key: RandomKey) {
        let key = RandomKey(
            seed: seed, purpose: .synthetic, layer: split == .training ? 0 : 1, minor: UInt64(sample))
        return (
            Int(key.index(0, below: UInt64(forms.count))), 2 + 6 * Double(key.uniform(4)),
            Double(key.uniform(8)), key
        )
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let wave = Self.wave(sample, of: split, seed: configuration.seed)
        // New noise in every epoch of training; always the same in evaluations.
        let noise = draws?.key(sample: sample) ?? wave.key
        let signal = row.floats(0)
        for index in 0..<Self.length {
            let turns = wave.frequency * Double(index) / Double(Self.length) + wave.phase
            let part = turns - turns.rounded(.down)
            let value =
                switch wave.form {
                case 0: sin(2 * Double.pi * part)
                case 1: part < 0.5 ? 1.0 : -1.0
                default: 2 * part - 1
                }
            signal[index] = Float(value) + Float(configuration.noise) * noise.normal(UInt64(100 + index))
        }
        let isKnown = hasTargets(split)
        row.int32s(1)[0] = isKnown ? Int32(wave.form) : 0
        row.floats(2)[0] = isKnown ? Float((wave.frequency - frequencies.mean) / frequencies.deviation) : 0
    }
}
