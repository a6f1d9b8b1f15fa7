import CKernels
import LockstepReaders
import LockstepTensors

/// Recordings with one class each: fields `input` [longest, width] of varying length, and `target`. Files are decoded when their
/// samples are written, by the loader's threads.
struct SoundFilesDataset: LabeledFilesDataset {
    let schema: BatchSchema
    let constants: DatasetConstants
    let fingerprint: String
    let warnings: [String]

    private let settings: SoundSettings
    private let scaling: InputScaling
    let sets: LabeledSplits
    private let workers: WorkerPool<SoundWorker>
    let firstFailure = FirstFailure()

    /// - Throws: `DatasetError` for files that cannot be read or are invalid; `DatasetConstantsError`.
    init(_ recipe: SoundFolder, _ request: DatasetRequest) throws {
        let settings = recipe.sounds
        let (given, sequences) = (
            try request.constants?.ofSamples(), try request.constants?.ofSequences()
        )
        if let sequences, sequences.features != settings.width {
            throw DatasetError(
                .mismatch, nil,
                "steps have \(settings.width) numbers, but the network was trained on \(sequences.features)",
                advice: "set features and mels as in training")
        }
        let preparation = recipe.preparation
        let sets = try LabeledSplits(
            preparation, trained: given, isTestOnly: request.isTestOnly && sequences != nil
        ) { split, classes throws(DatasetError) in
            try recipe.list(split, classes: classes)
        }
        var lengths: [Int] = []
        for set in [sets.training, sets.validation, sets.test] {
            if let set { lengths += try SoundStatistics.lengths(set.files, settings) }
        }
        let statistics =
            try sequences?.inputs
            ?? sets.training.map {
                try SoundStatistics.measure(
                    $0.files, sets.split.training, settings, preparation.normalize)
            } ?? InputScaling.Statistics()
        let samples = DataConstants(
            sampleExtents: [1], inputType: .float32, inputs: InputScaling.Statistics(), targetWidth: 0,
            targets: TargetScaling(width: 1), classCounts: sets.classCounts, classNames: sets.classNames)
        let own = SequenceConstants(
            longest: max(sequences?.longest ?? 1, lengths.map(settings.steps).max() ?? 1),
            features: settings.width,
            inputs: statistics)
        var constants = DatasetConstants()
        try constants.set(DataConstants.name, samples)
        try constants.set(SequenceConstants.name, own)
        let cut = lengths.count { $0 > settings.limit }
        warnings =
            sets.warnings
            + (cut == 0
                ? []
                : [
                    "\(cut) of \(lengths.count) recordings are cut after \(settings.longest) seconds (longest)"
                ])
        (fingerprint, self.sets) = (sets.fingerprint("recordings"), sets)
        (self.settings, self.constants) = (settings, constants)
        scaling = InputScaling(statistics, size: settings.width)
        schema = own.schema(samples)
        workers = WorkerPool { SoundWorker(settings) }
    }

    var samplesName: String { "recordings" }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        guard let (set, number) = sets.place(sample, split) else { return }
        row.int32s(1)[0] = set.labels?[number] ?? 0
        let (input, width, longest) = (row.floats(0), settings.width, schema.fields[0].shape[0])
        workers.with { worker in
            do throws(DatasetError) {
                let steps = try worker.read(set.files, number)
                guard steps <= longest else {
                    throw DatasetError(
                        .mismatch, set.files.path(number), "has become longer since the data were opened",
                        advice: "do not change data files while a run uses them")
                }
                row.setLength(steps, of: 0)
                guard let features = worker.features.baseAddress else { return }
                for step in 0..<steps {
                    lockstep_normalize_floats(
                        input + step * width, features + step * width, scaling.scale, scaling.shift, width)
                }
            } catch {
                // The thread that waits for the batch reports it.
                firstFailure.set(error)
                row.setLength(1, of: 0)
                input.update(repeating: 0, count: width)
            }
        }
    }
}
