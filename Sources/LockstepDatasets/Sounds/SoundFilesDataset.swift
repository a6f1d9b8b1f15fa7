import CKernels
import LockstepReaders
import LockstepTensors

/// Recordings with a class each: fields `input` [longest, width], whose length varies, and `target`. Files are decoded when their
/// samples are written, by the loader's threads.
struct SoundFilesDataset: Dataset {
    let schema: BatchSchema
    let constants: DatasetConstants
    let fingerprint: String
    let warnings: [String]
    let classCounts: [Int]

    private let settings: SoundSettings
    private let scaling: InputScaling
    private let split: SampleSplit
    /// Nil where the test set alone is open.
    private let training: LabeledFiles?
    private let validation: LabeledFiles?
    private let test: LabeledFiles?
    private let workers: WorkerPool<SoundWorker>
    private let firstFailure = FirstFailure()

    /// - Throws: `DatasetError` for whatever is wrong with the files; `DatasetConstantsError`.
    init(_ recipe: SoundFolder, _ request: DatasetRequest) throws {
        let settings = recipe.sounds
        let (given, sequences) = (
            try request.constants?.ofSamples(), try request.constants?.ofSequences()
        )
        if let sequences, sequences.features != settings.width {
            throw DatasetError(
                .mismatch, nil,
                "steps have \(settings.width) numbers, and the network was trained on \(sequences.features)",
                advice: "set features and mels as they were in training")
        }
        let known = given.flatMap { $0.classNames.isEmpty ? nil : $0.classNames }
        var (training, validation, test): (LabeledFiles?, LabeledFiles?, LabeledFiles?)
        if request.isTestOnly, known != nil, sequences != nil {
            test = try recipe.list(.test, classes: known)
        }
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
        let split =
            try training.map {
                try SampleSplit(count: $0.files.count, preparation.validation, seed: preparation.splitSeed)
            } ?? .none
        var lengths: [Int] = []
        for set in [training, validation, test] {
            if let set { lengths += try SoundStatistics.lengths(set.files, settings) }
        }
        let statistics =
            try sequences?.inputs
            ?? training.map {
                try SoundStatistics.measure($0.files, split.training, settings, preparation.normalize)
            } ?? InputScaling.Statistics()
        var counts = [Int](repeating: 0, count: classNames.count)
        if let labels = training?.labels {
            for sample in split.training { counts[Int(labels[Int(sample)])] += 1 }
        }
        let classCounts = given?.classCounts ?? counts
        let samples = DataConstants(
            sampleExtents: [1], inputType: .float32, inputs: InputScaling.Statistics(), targetWidth: 0,
            targets: TargetScaling(width: 1), classCounts: classCounts, classNames: classNames)
        let own = SequenceConstants(
            longest: max(sequences?.longest ?? 1, lengths.map(settings.steps).max() ?? 1),
            features: settings.width,
            inputs: statistics)
        var constants = DatasetConstants()
        try constants.set(DataConstants.name, samples)
        try constants.set(SequenceConstants.name, own)
        let cut = lengths.count { $0 > settings.limit }
        warnings =
            [training, validation, test].flatMap { $0?.notes ?? [] }
            + (cut == 0
                ? []
                : [
                    "\(cut) of \(lengths.count) recordings are cut after \(settings.longest) seconds (longest)"
                ])
        fingerprint =
            training.map {
                "\(split.training.count) of \($0.files.count) recordings, crc32 of names and sizes \($0.checksum), "
                    + "split \(preparation.validation), split seed \(preparation.splitSeed)"
            }
            ?? "\(test?.files.count ?? 0) test recordings, crc32 of names and sizes \(test?.checksum ?? 0)"
        (self.settings, self.split, self.constants, self.classCounts) = (
            settings, split, constants, classCounts
        )
        (self.training, self.validation, self.test) = (training, validation, test)
        scaling = InputScaling(statistics, size: settings.width)
        schema = own.schema(samples)
        workers = WorkerPool { SoundWorker(settings) }
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
    var samplesName: String { "recordings" }

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
        row.int32s(1)[0] = set.labels?[number] ?? 0
        let (input, width, longest) = (row.floats(0), settings.width, schema.fields[0].shape[0])
        workers.with { worker in
            do throws(DatasetError) {
                let steps = try worker.read(set.files, number)
                guard steps <= longest else {
                    throw DatasetError(
                        .mismatch, set.files.path(number), "has become longer since the data were opened",
                        advice: "leave files alone while they are used")
                }
                row.setLength(steps, of: 0)
                guard let features = worker.features.baseAddress else { return }
                for step in 0..<steps {
                    lockstep_normalize_floats(
                        input + step * width, features + step * width, scaling.scale, scaling.shift, width)
                }
            } catch {
                // Reported by whoever waits for the batch.
                firstFailure.set(error)
                row.setLength(1, of: 0)
                input.update(repeating: 0, count: width)
            }
        }
    }
}
