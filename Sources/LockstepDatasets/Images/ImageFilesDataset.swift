import CKernels
import LockstepReaders
import LockstepTensors

/// Image files with a class each: fields `input` [H, W, C] and `target`. Files are decoded when their samples are written, by
/// the loader's threads.
struct ImageFilesDataset: Dataset {
    let schema: BatchSchema
    let constants: DatasetConstants
    let fingerprint: String
    let warnings: [String]
    let classCounts: [Int]

    private let settings: ImageSettings
    private let scaling: InputScaling
    private let split: SampleSplit
    /// Nil where the test set alone is open.
    private let training: LabeledFiles?
    private let validation: LabeledFiles?
    private let test: LabeledFiles?
    private let workers: WorkerPool<ImageWorker>
    private let firstFailure = FirstFailure()

    /// - Throws: `DatasetError` for whatever is wrong with the files; `DatasetConstantsError`.
    init(_ recipe: some ImageFilesRecipe, _ request: DatasetRequest) throws {
        let settings = recipe.images
        let given = try request.constants?.ofSamples()
        if let given, given.sampleExtents != settings.extents {
            throw DatasetError(
                .mismatch, nil,
                "samples are \(Shape(settings.extents)), and the network was trained on \(given.sampleShape)",
                advice: "set size and channels as they were in training")
        }
        let known = given.flatMap { $0.classNames.isEmpty ? nil : $0.classNames }
        var (training, validation, test): (LabeledFiles?, LabeledFiles?, LabeledFiles?)
        if request.isTestOnly, known != nil { test = try recipe.list(.test, classes: known) }
        if test == nil {
            training = try recipe.list(.training, classes: known)
            let classes = known ?? training?.classNames
            validation = try recipe.list(.validation, classes: classes)
            test = try recipe.list(.test, classes: classes)
        }
        let classNames = known ?? training?.classNames ?? []
        guard classNames.count >= 2 else {
            throw DatasetError(
                .empty, nil, "the training set has \(classNames.count) classes, and at least 2 are needed",
                advice: "put the files of each class into a folder of its name")
        }
        let preparation = recipe.preparation
        split =
            try training.map {
                try SampleSplit(count: $0.files.count, preparation.validation, seed: preparation.splitSeed)
            } ?? .none
        (self.settings, self.training, self.validation, self.test) = (settings, training, validation, test)
        let split = split
        let needsMeans = preparation.augment.contains { if case .cutout = $0 { true } else { false } }
        let statistics =
            try given?.inputs
            ?? training.map {
                try ImageStatistics.measure(
                    $0.files, split.training, settings, preparation.normalize, needsMeans: needsMeans)
            } ?? InputScaling.Statistics()
        let scaling = InputScaling(statistics, size: settings.elementCount)
        self.scaling = scaling
        func counts(_ labels: [Int32]?, _ samples: some Sequence<Int32>) -> [Int] {
            var counts = [Int](repeating: 0, count: classNames.count)
            if let labels { for sample in samples { counts[Int(labels[Int(sample)])] += 1 } }
            return counts
        }
        func all(_ files: LabeledFiles?) -> [Int] {
            counts(files?.labels, 0..<Int32(files?.files.count ?? 0))
        }
        let classCounts = given?.classCounts ?? counts(training?.labels, split.training)
        self.classCounts = classCounts
        warnings =
            [training, validation, test].flatMap { $0?.notes ?? [] }
            + (validation.map(all) ?? counts(training?.labels, split.validation)).absent(
                "validation", classCounts, classNames)
            + all(test).absent("test", classCounts, classNames)
        let own = DataConstants(
            sampleExtents: settings.extents, inputType: .uint8, inputs: statistics, targetWidth: 0,
            targets: TargetScaling(width: 1), classCounts: classCounts, classNames: classNames)
        schema = own.schema
        var constants = DatasetConstants()
        try constants.set(DataConstants.name, own)
        self.constants = constants
        fingerprint =
            training.map {
                "\(split.training.count) of \($0.files.count) images, crc32 of names and sizes \($0.checksum), "
                    + "split \(preparation.validation), split seed \(preparation.splitSeed)"
            } ?? "\(test?.files.count ?? 0) test images, crc32 of names and sizes \(test?.checksum ?? 0)"
        let augment = preparation.augment
        workers = WorkerPool {
            ImageWorker(
                settings,
                augmenter: augment.isEmpty ? nil : Augmenter(augment, scaling, shape: Shape(settings.extents))
            )
        }
    }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: self.split.training.count
        case .validation: validation?.files.count ?? self.split.validation.count
        case .test: test?.files.count ?? 0
        }
    }

    func hasTargets(_ split: DatasetSplit) -> Bool {
        switch split {
        case .training: training?.labels != nil
        case .validation: (validation ?? training)?.labels != nil
        case .test: test?.labels != nil
        }
    }

    func label(ofTraining sample: Int) -> Int? {
        training?.labels.map { Int($0[Int(split.training[sample])]) }
    }

    func name(of sample: Int, in split: DatasetSplit) -> String? {
        place(sample, split).map { $0.set.files.name($0.number) }
    }

    var failure: (any Error)? { firstFailure.error }
    var samplesName: String { "images" }

    /// The files that have a sample, and its number among them.
    private func place(_ sample: Int, _ split: DatasetSplit) -> (set: LabeledFiles, number: Int)? {
        switch split {
        case .training: training.map { ($0, Int(self.split.training[sample])) }
        case .validation:
            validation.map { ($0, sample) } ?? training.map { ($0, Int(self.split.validation[sample])) }
        case .test: test.map { ($0, sample) }
        }
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        guard let (set, number) = place(sample, split) else { return }
        let input = row.floats(0)
        row.int32s(1)[0] = set.labels?[number] ?? 0
        workers.with { worker in
            do throws(DatasetError) {
                try worker.read(set.files, number, draws: draws)
            } catch {
                // Reported by whoever waits for the batch.
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

extension [Int] {
    /// Warnings for classes that a set with these counts has, and the training samples do not.
    fileprivate func absent(_ set: String, _ training: [Int], _ names: [String]) -> [String] {
        ClassTargets.absent(self, called: set, training: training, names: names)
    }
}
