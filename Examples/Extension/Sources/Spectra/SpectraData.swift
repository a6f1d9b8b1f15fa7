import Lockstep

/// Spectra from text files, divided by the largest number of the training file. The only field is `spectrum` [length].
struct SpectraData: Dataset {
    /// The data in a run file.
    struct Configuration: DataComponent {
        static let name = "spectra"
        static var keys: KeyTable<Self> {
            KeyTable(
                .text(
                    "training", \.training, what: "the path of a file", "spectra to learn from, one a line",
                    default: .required),
                .optionalText("test", \.test, what: "the path of a file", "spectra of the test set"),
                .number(
                    "validation", \.validation, .within(0..<1),
                    "share of the training file, from its end, that is held back"))
        }

        var training = ""
        var test: String?
        var validation = 0.1

        var files: [String] { [training] + (test.map { [$0] } ?? []) }
        var hasValidation: Bool { validation > 0 }
        var taskName: String? { Denoising.Configuration.name }

        func open(_ request: DatasetRequest) throws -> any Dataset {
            // The test set of a trained network needs no training file.
            let all = request.isTestOnly && test != nil ? [] : try SpectraReader.read(training)
            let scale = try request.constants.flatMap(Scale.init) ?? Scale(of: all)
            let held = Int((Double(all.count) * validation).rounded())
            return try SpectraData(
                scale,
                [
                    .training: Array(all.dropLast(held)), .validation: Array(all.suffix(held)),
                    .test: try test.map(SpectraReader.read) ?? [],
                ])
        }

        func schema(of constants: DatasetConstants) throws -> BatchSchema? {
            try Scale(constants).map { SpectraData.schema(length: $0.length) }
        }

        func inputPreparation(of constants: DatasetConstants) throws -> InputPreparation? {
            try Scale(constants).map { scale in
                var preparation = InputPreparation()
                (preparation.scale, preparation.shift) = ([1 / scale.largest], [0])
                return preparation
            }
        }
    }

    /// What the training file decides about all spectra.
    struct Scale: Codable {
        var length: Int
        var largest: Float

        init(of samples: [[Float]]) {
            length = samples[0].count
            largest = samples.joined().map(\.magnitude).max() ?? 0
            if largest == 0 { largest = 1 }
        }

        /// What a checkpoint has kept; nil if it has nothing.
        init?(_ constants: DatasetConstants) throws {
            guard let stored = try constants.get("spectra", as: Scale.self) else { return nil }
            guard stored.length > 0, stored.largest > 0 else {
                throw DatasetConstantsError(name: "spectra", reason: "length and largest must be above 0")
            }
            self = stored
        }
    }

    let schema: BatchSchema
    let constants: DatasetConstants
    let fingerprint: String
    private let samples: [DatasetSplit: [[Float]]]
    private let scale: Scale

    init(_ scale: Scale, _ samples: [DatasetSplit: [[Float]]]) throws {
        for split in samples.values.joined() where split.count != scale.length {
            throw DatasetError(
                .mismatch, nil,
                "a spectrum has \(split.count) numbers, and the network needs \(scale.length)",
                advice: "give spectra of that length")
        }
        self.scale = scale
        self.samples = samples
        schema = Self.schema(length: scale.length)
        var constants = DatasetConstants()
        try constants.set("spectra", scale)
        self.constants = constants
        // Fowler, Noll and Vo's hash of the numbers' bits.
        let hash = (samples[.training] ?? []).joined().reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01b3
        }
        fingerprint = "spectra \(samples[.training]?.count ?? 0) x \(scale.length), \(hash)"
    }

    private static func schema(length: Int) -> BatchSchema {
        BatchSchema([BatchField("spectrum", [length])])
    }

    func count(of split: DatasetSplit) -> Int { samples[split]?.count ?? 0 }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        guard let values = samples[split]?[sample] else { return }
        let numbers = row.floats(0)
        for (index, value) in values.enumerated() { numbers[index] = value / scale.largest }
    }
}
