import LockstepContracts
import LockstepReaders
import LockstepTensors

/// The samples of a recipe, read, split and ready to be normalised: the common part of the data sets of images, tables and
/// arrays.
///
/// Everything is computed once; afterwards any thread may read it.
final class PreparedSamples: Sendable {
    /// The shape of a sample: [features] or [H, W, C].
    let sampleShape: Shape
    /// The number of classes; nil for numeric targets.
    let classes: Int?
    /// The names of the classes; empty if unknown.
    let classNames: [String]
    /// The number of values of a target; 1 for classes.
    let targetWidth: Int
    /// The fingerprint of the training data: their number, the split, and a checksum.
    let fingerprint: String
    /// Warnings: about the data, such as ignored columns, and about this host.
    let warnings: [String]
    /// Warnings about this host's cache of decoded data.
    let hostWarnings: [String]
    let scaling: InputScaling
    /// The augmentations of training images.
    let augmentations: [Augmentation]

    /// The number of bytes of inputs that are read ahead; 0 for inputs in memory.
    let readAheadByteCount: Int

    private let inputs: DecodedDataset
    private let test: DecodedDataset?
    let split: SampleSplit
    private let targetScaling: TargetScaling
    /// The columns of a table; nil for everything else.
    private let columns: CSVColumns?
    /// The constants of an earlier training split; nil to derive them from this one.
    private let given: DataConstants?

    /// Reads and prepares the data of a recipe; decoded data are held once per host, in a cache file.
    /// - Throws: `DatasetError` for files that cannot be read or are invalid; `DatasetConstantsError`.
    convenience init(_ configuration: DataConfiguration, _ request: DatasetRequest) throws {
        let constants = try request.constants?.ofSamples()
        if request.isTestOnly, let constants,
            let content = try request.cache.load(testOf: configuration, constants.testFormat)
        {
            let file = try configuration.testFiles().first
            try constants.requireFit(content.training, classes: content.classes, file: file)
            self.init(testSet: content, constants, memory: configuration.arrays?.memory)
            return
        }
        // Checkpoints without this entry were trained on plainly rounded numbers.
        let earlier = request.constants ?? request.earlier
        let narrowing = try earlier.map { try $0.ofSamples()?.narrowing ?? DataNarrowing() }
        try self.init(configuration, constants, narrowing, request.cache)
    }

    /// - Parameters:
    ///   - constants: the constants of a trained network; nil to derive them from this recipe.
    ///   - narrowing: the conversion of numbers from training; nil to derive it from this recipe.
    private init(
        _ configuration: DataConfiguration, _ constants: DataConstants?, _ narrowing: DataNarrowing?,
        _ cache: DataCache
    ) throws {
        let content = try cache.load(
            configuration, columns: constants?.columns, narrowing: narrowing,
            classNames: constants?.classNames)
        try constants?.requireFit(content.training, classes: content.classes, file: nil)
        guard constants?.columns == nil || constants?.columns == content.columns else {
            throw DatasetError(
                .mismatch, nil,
                "the network was trained on a table, but these data are not a table",
                advice: "give a table with the same columns")
        }
        given = constants
        columns = content.columns
        hostWarnings = content.hostWarnings
        let preparation = configuration.preparation
        inputs = content.training
        test = content.test
        readAheadByteCount =
            inputs.stream == nil && test?.stream == nil
            ? 0 : StreamPlan.readAheadByteCount(configuration.arrays?.memory)
        sampleShape = inputs.sampleShape
        classes = content.classes > 0 ? content.classes : nil
        classNames = constants?.classNames ?? content.classNames
        targetWidth = max(1, inputs.targetWidth)
        split =
            content.heldBack > 0
            ? SampleSplit(count: inputs.count, heldBack: content.heldBack)
            : try SampleSplit(count: inputs.count, preparation.validation, seed: preparation.splitSeed)
        scaling =
            try constants.map { InputScaling($0.inputs, size: content.training.sampleShape.elementCount) }
            ?? Self.scaling(content, split.training, configuration, cache)
        augmentations = preparation.augment
        guard augmentations.isEmpty || inputs.sampleShape.rank == 3 else {
            throw DatasetError(
                .mismatch, nil, "augment is for images, but samples have the shape \(inputs.sampleShape)",
                advice: "remove augment")
        }
        targetScaling =
            constants?.targets
            ?? (inputs.targetWidth > 0 && configuration.standardizesTargets
                ? TargetScaling(inputs, split.training) : TargetScaling(width: targetWidth))
        let scale = inputs.narrowing.targets?.factors ?? []
        guard
            !zip(targetScaling.deviation, scale).contains(where: {
                Float(Double($0) / $1) < .leastNormalMagnitude
            })
        else {
            throw DatasetError(
                .value, nil, "the targets differ by less than the smallest 32-bit number",
                advice: "rescale them")
        }
        warnings =
            content.warnings + (constants == nil ? Self.absentClasses(content, split, classNames) : [])
        fingerprint =
            "\(split.training.count) of \(inputs.count) samples, crc32 \(content.fingerprint.crc), split \(preparation.validation), "
            + "split seed \(preparation.splitSeed)\(content.heldBack > 0 ? ", validation files" : "")"
    }

    /// The test set of a recipe alone, for a trained network.
    /// - Parameter memory: the memory for decoded inputs; nil for the default.
    private init(testSet content: LoadedData, _ constants: DataConstants, memory: Int?) {
        given = constants
        columns = constants.columns
        hostWarnings = content.hostWarnings
        warnings = content.warnings
        // A set that is not split has no training samples.
        inputs = content.training
        test = content.training
        readAheadByteCount = inputs.stream == nil ? 0 : StreamPlan.readAheadByteCount(memory)
        split = .none
        sampleShape = constants.sampleShape
        classes = constants.classes
        classNames = constants.classNames
        targetWidth = constants.outputs
        scaling = InputScaling(constants.inputs, size: constants.sampleShape.elementCount)
        targetScaling = constants.targets
        augmentations = []
        fingerprint = "\(content.training.count) test samples, crc32 \(content.fingerprint.crc)"
    }

    /// From this number of inputs on, their statistics are kept in the cache.
    private static let manyInputs = 1 << 20

    /// The normalization by the training samples. That of many inputs, or of inputs that are streamed, is kept in the cache: all of
    /// them are read twice for it. That of a table depends on its columns, and is not kept.
    private static func scaling(
        _ content: LoadedData, _ training: [Int32], _ configuration: DataConfiguration, _ cache: DataCache
    ) throws -> InputScaling {
        func make() throws(DatasetError) -> InputScaling {
            try InputScaling(
                content.training, training: training, configuration.normalization,
                needsMeans: configuration.needsMeans, names: content.featureNames, columns: content.columns)
        }
        let sampleSize = content.training.sampleShape.elementCount
        let preparation = configuration.preparation
        let source: String
        if let stream = content.training.stream {
            source = "\(stream.rows.files) crc32 \(stream.checksum)"
        } else if content.columns == nil, training.count * sampleSize >= manyInputs,
            configuration.normalization != .none || configuration.needsMeans
        {
            let files = try configuration.sourceFiles()
            source =
                "\(content.training.count) \(content.training.inputType) of \(files.isEmpty ? ["\(configuration)"] : files) "
                + "crc32 \(content.fingerprint.crc)"
        } else {
            return try make()
        }
        let key =
            "\(source), \(content.training.sampleShape), "
            + "\(configuration.normalization) \(configuration.needsMeans), \(training.count) samples, "
            + "split \(preparation.validation), split seed \(preparation.splitSeed), \(content.heldBack) held back"
        let statistics = try cache.value(
            named: "\(configuration.name)-statistics", key: key, isUsable: \InputScaling.Statistics.isUsable
        ) { try make().statistics }
        return InputScaling(statistics, size: sampleSize)
    }

    /// The number of samples of a split; 0 if there is no such split.
    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: self.split.training.count
        case .validation: self.split.validation.count
        case .test: test?.count ?? 0
        }
    }

    /// The error of reading a sample from its file; nil if there was none.
    var failure: (any Error)? { inputs.stream?.failure ?? test?.stream?.failure }

    /// Begins to read a sample from its file.
    func readAhead(_ index: Int, of split: DatasetSplit) {
        let (data, sample) = place(split, index)
        data.stream?.readAhead(sample)
    }

    /// Whether the samples of a split have targets; a table for prediction may have none.
    func hasTargets(_ split: DatasetSplit) -> Bool {
        switch split {
        case .training, .validation: inputs.hasTargets
        case .test: test?.hasTargets ?? false
        }
    }

    /// The number of training samples of each class; empty for numeric targets.
    var classCounts: [Int] {
        if let given { return given.classCounts }
        guard let classes else { return [] }
        var counts = [Int](repeating: 0, count: classes)
        for sample in split.training { counts[Int(inputs.labels[Int(sample)])] += 1 }
        return counts
    }

    /// Warnings about classes that the validation or test set has, but not the training samples.
    private static func absentClasses(
        _ content: LoadedData, _ split: SampleSplit, _ names: [String]
    ) -> [String] {
        guard content.classes > 0 else { return [] }
        func counts(_ data: DecodedDataset, _ samples: some Sequence<Int32>) -> [Int] {
            var counts = [Int](repeating: 0, count: content.classes)
            for sample in samples { counts[Int(data.labels[Int(sample)])] += 1 }
            return counts
        }
        let training = counts(content.training, split.training)
        guard training.contains(0) else { return [] }
        return ClassTargets.absent(
            counts(content.training, split.validation), called: "validation", training: training, names: names
        )
            + ClassTargets.absent(
                content.test.map { counts($0, 0..<Int32($0.count)) } ?? training, called: "test",
                training: training,
                names: names)
    }

    /// The class of a training sample; nil for numeric targets.
    func label(ofTraining sample: Int) -> Int? {
        classes == nil ? nil : Int(inputs.labels[Int(split.training[sample])])
    }

    /// The decoded data that contain a split.
    func data(_ split: DatasetSplit) -> DecodedDataset { split == .test ? test ?? inputs : inputs }

    /// The decoded data of a sample, and its number there.
    func place(_ split: DatasetSplit, _ index: Int) -> (data: DecodedDataset, sample: Int) {
        switch split {
        case .training: (inputs, Int(self.split.training[index]))
        case .validation: (inputs, Int(self.split.validation[index]))
        case .test: (test ?? inputs, index)
        }
    }

    /// The names of the columns that are copied to predictions.
    var identifierNames: [String] { columns?.identifierNames ?? [] }

    /// The texts of a sample that are copied to predictions.
    func identifiers(of sample: Int, in split: DatasetSplit) -> [String] {
        let (data, number) = place(split, sample)
        guard let block = data.identifiers else { return [] }
        return SampleTexts(block, rows: data.count, columns: identifierNames.count).texts(number)
    }

    /// Whether samples have weights.
    var hasWeights: Bool { columns?.hasWeight ?? false }

    /// Writes a sample's target into field 1: a label, or standardised numbers; zeros if it has no target.
    func writeTarget(_ data: DecodedDataset, _ sample: Int, into row: BatchRow) {
        guard data.targetWidth > 0 else {
            row.int32s(1)[0] = data.hasTargets ? data.labels[sample] : 0
            return
        }
        let place = row.floats(1)
        guard data.hasTargets else {
            for value in 0..<data.targetWidth { place[value] = 0 }
            return
        }
        let numbers = data.targets.assumingMemoryBound(to: Float.self) + sample * data.targetWidth
        for value in 0..<data.targetWidth {
            place[value] = (numbers[value] - targetScaling.mean[value]) / targetScaling.deviation[value]
        }
    }

    /// The fields `input` and `target`.
    var schema: BatchSchema {
        constants.schema
    }

    /// The constants of the training split.
    var constants: DataConstants {
        DataConstants(
            sampleExtents: inputs.sampleShape.extents,
            inputType: inputs.inputType == .uint8 ? .uint8 : .float32,
            inputs: scaling.statistics, targetWidth: inputs.targetWidth, targets: targetScaling,
            classCounts: classCounts, classNames: classNames, columns: columns,
            narrowing: inputs.narrowing.isPlain ? nil : inputs.narrowing)
    }
}

extension DataConfiguration {
    /// Whether the mean of inputs is needed even if they are not normalised: for missing numbers, or for augmentation by cutout.
    var needsMeans: Bool {
        if table?.missing == .mean || table?.treatment.impute.isEmpty == false { return true }
        return preparation.augment.contains { if case .cutout = $0 { true } else { false } }
    }

    /// How the inputs of samples are normalised; the only input of a sequence is its length.
    var normalization: Normalization {
        if case .sequences = self { .none } else { preparation.normalize }
    }

    /// Whether numeric targets are standardised.
    var standardizesTargets: Bool {
        switch self {
        case .csv(let recipe): recipe.standardizeTargets
        case .jsonLines(let recipe): recipe.standardizeTargets
        case .npy(let recipe): recipe.standardizeTargets && recipe.task == .regression
        case .hdf5(let recipe): recipe.standardizeTargets && recipe.task == .regression
        case .sequences(let recipe): recipe.standardizeTargets && recipe.task == .regression
        case .fashionMNIST, .idx, .cifar10, .synthetic, .text, .kingJames, .shakespeare: false
        }
    }
}
