import CKernels
import LockstepReaders
import LockstepTensors

/// Image files with one class per file: fields `input` [H, W, C] and `target`. Files are decoded when their samples are written, by
/// the loader's threads.
struct ImageFilesDataset: LabeledFilesDataset {
    let schema: BatchSchema
    let constants: DatasetConstants
    let fingerprint: String
    let warnings: [String]

    private let settings: ImageSettings
    private let scaling: InputScaling
    let sets: LabeledSplits
    private let workers: WorkerPool<ImageWorker>
    let firstFailure = FirstFailure()

    /// - Throws: `DatasetError` for files that cannot be read or are invalid; `DatasetConstantsError`.
    init(_ recipe: some ImageFilesRecipe, _ request: DatasetRequest) throws {
        let settings = recipe.images
        let given = try request.constants?.ofSamples()
        if let given, given.sampleExtents != settings.extents {
            throw DatasetError(
                .mismatch, nil,
                "samples are \(Shape(settings.extents)), but the network was trained on \(given.sampleShape)",
                advice: "set size and channels as in training")
        }
        let preparation = recipe.preparation
        let sets = try LabeledSplits(preparation, trained: given, isTestOnly: request.isTestOnly) {
            split, classes throws(DatasetError) in
            try recipe.list(split, classes: classes)
        }
        let needsMeans = preparation.augment.contains { if case .cutout = $0 { true } else { false } }
        let statistics =
            try given?.inputs
            ?? sets.training.map {
                try ImageStatistics.measure(
                    $0.files, sets.split.training, settings, preparation.normalize, needsMeans: needsMeans)
            } ?? InputScaling.Statistics()
        let scaling = InputScaling(statistics, size: settings.elementCount)
        let own = DataConstants(
            sampleExtents: settings.extents, inputType: .uint8, inputs: statistics, targetWidth: 0,
            targets: TargetScaling(width: 1), classCounts: sets.classCounts, classNames: sets.classNames)
        var constants = DatasetConstants()
        try constants.set(DataConstants.name, own)
        (schema, self.constants, self.settings, self.scaling) = (own.schema, constants, settings, scaling)
        (warnings, fingerprint, self.sets) = (sets.warnings, sets.fingerprint("images"), sets)
        let augment = preparation.augment
        workers = WorkerPool {
            ImageWorker(
                settings,
                augmenter: augment.isEmpty ? nil : Augmenter(augment, scaling, shape: Shape(settings.extents))
            )
        }
    }

    var samplesName: String { "images" }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        guard let (set, number) = sets.place(sample, split) else { return }
        let input = row.floats(0)
        row.int32s(1)[0] = set.labels?[number] ?? 0
        workers.with { worker in
            do throws(DatasetError) {
                try worker.read(set.files, number, draws: draws)
            } catch {
                // The thread that waits for the batch reports it.
                firstFailure.set(error)
                input.update(repeating: 0, count: settings.elementCount)
                return
            }
            if let draws, let augmenter = worker.augmenter {
                augmenter.write(worker.pixels, sample: number, draws: draws, to: input)
            } else {
                lockstep_normalize_bytes(
                    input, worker.pixels, scaling.scale, scaling.shift, settings.elementCount)
            }
        }
    }
}
