import LockstepReaders
import LockstepTensors

/// Sequences of numbers: fields `input` [longest, features] of varying length, and `target`.
struct SequenceDataset: PreparedDataset {
    let samples: PreparedSamples
    let schema: BatchSchema
    private let training: SequenceSteps
    private let test: SequenceSteps?
    private let scaling: InputScaling
    private let own: SequenceConstants
    /// The checksum of the steps.
    private let checksum: UInt32

    /// - Throws: `DatasetError` for files that cannot be read or are invalid; `DatasetConstantsError`.
    init(_ recipe: DataConfiguration.Sequences, _ request: DatasetRequest) throws {
        let samples = try PreparedSamples(.sequences(recipe), request)
        self.samples = samples
        let given = try request.constants?.ofSequences()
        // Without training samples, only the test set was opened.
        let isTestOnly = samples.count(of: .training) == 0
        let earlier = try (request.constants ?? request.earlier)?.ofSequences()
        let content = try request.cache.loadSteps(
            of: recipe, isTestOnly: isTestOnly, narrowing: earlier.map(\.narrowing))
        training = SequenceSteps(content.training, lengths: samples.data(.training))
        test =
            isTestOnly ? training : content.test.map { SequenceSteps($0, lengths: samples.data(.test)) }
        let features = content.training.sampleShape.elementCount
        if let given, given.features != features {
            throw DatasetError(
                .mismatch, (isTestOnly ? recipe.testInputs : recipe.trainInputs)?.description,
                "steps have \(features) numbers, but the network was trained on \(given.features)",
                advice: "give data in the format of the training data")
        }
        scaling =
            try given.map { InputScaling($0.inputs, size: features) }
            ?? InputScaling(
                content.training, training: training.steps(of: samples.split.training),
                recipe.preparation.normalize, needsMeans: false)
        own = SequenceConstants(
            longest: max(training.longest, test?.longest ?? 0, given?.longest ?? 0), features: features,
            inputs: scaling.statistics, narrowing: content.training.narrowing.inputs)
        schema = own.schema(samples.constants)
        checksum = content.fingerprint.crc
    }

    var fingerprint: String { "\(samples.fingerprint), steps crc32 \(checksum)" }

    var constants: DatasetConstants {
        var constants = samplesConstants
        constants[json: SequenceConstants.name] = own.json
        return constants
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let (data, number) = samples.place(split, sample)
        let steps = split == .test ? test ?? training : training
        let range = steps.range(of: number)
        row.setLength(range.count, of: 0)
        let place = row.floats(0)
        for (index, step) in range.enumerated() {
            scaling.write(steps.data, step, to: place + index * own.features)
        }
        samples.writeTarget(data, number, into: row)
    }
}
