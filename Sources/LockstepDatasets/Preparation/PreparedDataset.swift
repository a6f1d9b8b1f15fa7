import CKernels
import LockstepContracts
import LockstepTensors

/// A recipe's data, read, split and ready to be normalised: what loaders and evaluations take samples from.
///
/// Everything is computed once and only read afterwards, by any thread.
public final class PreparedDataset: Sendable {
    /// The three sets.
    public enum Part: Sendable {
        case training
        case validation
        case test
    }

    /// The shape of a sample: [features], [H, W, C], or [context] of a text.
    public let sampleShape: Shape
    /// The windows of a text; nil for everything else.
    public let windows: TextWindows?
    /// The number of classes; nil where targets are numbers.
    public let classes: Int?
    /// The names of the classes; empty where they are not known.
    public let classNames: [String]
    /// The number of values of a target; 1 for classes, and for a text the tokens of a window.
    public let targetWidth: Int
    /// For standardised targets: the training mean of each value in the data's own units; otherwise zeros.
    public var targetMean: [Double] {
        targetScaling.mean.enumerated().map {
            inputs.narrowing.targets?.widen(Double($1), column: $0) ?? Double($1)
        }
    }
    /// For standardised targets: the training deviation of each value in the data's own units; otherwise ones.
    public var targetDeviation: [Double] {
        targetScaling.deviation.enumerated().map { Double($1) / (inputs.narrowing.targets?.factors[$0] ?? 1) }
    }
    /// What the training data are: their number, the split, and a checksum; equal for equal data.
    public let fingerprint: String

    /// Warnings: about the data, such as ignored columns, and about this host.
    public let warnings: [String]
    /// Warnings about this host's cache of decoded data.
    public let hostWarnings: [String]

    let inputs: DecodedDataset
    let test: DecodedDataset?
    let split: SampleSplit
    let scaling: InputScaling
    let targetScaling: TargetScaling
    /// The columns of a table; nil for everything else.
    let columns: CSVColumns?
    /// What a training split has decided before; nil where this one's decides.
    private let given: DataConstants?
    let augmentations: [Augmentation]

    /// Reads and prepares the data of a recipe; decoded data are held once per host, in a cache file.
    /// - Parameters:
    ///   - constants: those of a trained network; nil to derive them from this recipe.
    ///   - narrowing: the conversion of numbers in a run that is resumed; nil to derive it from this recipe.
    /// - Throws: `DatasetError` for whatever is wrong with the files.
    public init(
        _ configuration: DataConfiguration, constants: DataConstants? = nil, narrowing: DataNarrowing? = nil,
        cache: DataCache = DataCache()
    ) throws {
        let content = try cache.load(
            configuration, columns: constants?.columns,
            narrowing: constants.map { $0.narrowing ?? DataNarrowing() } ?? narrowing)
        try constants?.requireFit(content.training, classes: content.classes, file: nil)
        guard constants?.columns == nil || constants?.columns == content.columns else {
            throw DatasetError(
                .mismatch, nil,
                "the network was trained on a table, and these data are none",
                advice: "give a table with the same columns")
        }
        given = constants
        columns = content.columns
        hostWarnings = content.hostWarnings
        let preparation = configuration.preparation
        inputs = content.training
        test = content.test
        windows = try configuration.windows.map { (preparation) throws(DatasetError) in
            try TextWindows(count: content.training.count, preparation, file: configuration.textSource)
        }
        sampleShape = windows.map { Shape($0.context) } ?? inputs.sampleShape
        classes = content.classes > 0 ? content.classes : nil
        classNames = constants?.classNames ?? content.classNames
        targetWidth = windows?.context ?? max(1, inputs.targetWidth)
        split =
            windows == nil
            ? try SampleSplit(count: inputs.count, preparation.validation, seed: preparation.splitSeed)
            : .none
        scaling =
            try constants.map { InputScaling($0.inputs, size: content.training.sampleShape.elementCount) }
            ?? InputScaling(
                inputs, training: split.training, preparation.normalize, needsMeans: configuration.needsMeans,
                names: content.featureNames)
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
        if let windows {
            fingerprint = "\(windows), crc32 \(content.fingerprint.crc)"
            return
        }
        fingerprint =
            "\(split.training.count) of \(inputs.count) samples, crc32 \(content.fingerprint.crc), split \(preparation.validation), "
            + "split seed \(preparation.splitSeed)"
    }

    /// The test set of a recipe alone, for a trained network: the training data are not read, and need not be there.
    ///
    /// Nil where the recipe has no test set in files of its own.
    /// - Throws: `DatasetError` for whatever is wrong with the files, or when they are not like the training data.
    public init?(
        testOf configuration: DataConfiguration, constants: DataConstants, cache: DataCache = DataCache()
    ) throws {
        guard let content = try cache.load(testOf: configuration, constants: constants) else { return nil }
        try constants.requireFit(
            content.training, classes: content.classes, file: try configuration.testFiles().first)
        given = constants
        columns = constants.columns
        hostWarnings = content.hostWarnings
        warnings = content.warnings
        // Of a set that is not split nothing is for training.
        inputs = content.training
        test = content.training
        split = .none
        windows = nil
        sampleShape = constants.sampleShape
        classes = constants.classes
        classNames = constants.classNames
        targetWidth = constants.outputs
        scaling = InputScaling(constants.inputs, size: constants.sampleShape.elementCount)
        targetScaling = constants.targets
        augmentations = []
        fingerprint = "\(content.training.count) test samples, crc32 \(content.fingerprint.crc)"
    }

    /// The number of samples of a set; 0 where there is none.
    public func count(_ part: Part) -> Int {
        switch part {
        case .training: windows?.trainingCount ?? split.training.count
        case .validation: windows?.validationCount ?? split.validation.count
        case .test: test?.count ?? 0
        }
    }

    /// Whether the samples of a set have targets: a table that a trained network is to predict may have none.
    public func hasTargets(_ part: Part) -> Bool {
        switch part {
        case .training, .validation: windows != nil || inputs.hasTargets
        case .test: test?.hasTargets ?? false
        }
    }

    /// The number of training samples of each class; empty for numbers.
    public var classCounts: [Int] {
        if let given { return given.classCounts }
        guard let classes else { return [] }
        var counts = [Int](repeating: 0, count: classes)
        for sample in split.training { counts[Int(inputs.labels[Int(sample)])] += 1 }
        return counts
    }

    /// Warnings for classes that the validation or test set has, and the training samples do not.
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

    /// The class of each training sample, in the order of the samplers' numbers; only for classification.
    package var trainingLabels: [Int] { split.training.map { Int(inputs.labels[Int($0)]) } }

    /// Where a sample of a set lies: its data and its number there.
    func place(_ part: Part, _ index: Int) -> (data: DecodedDataset, sample: Int) {
        switch part {
        case .training: (inputs, Int(split.training[index]))
        case .validation: (inputs, Int(split.validation[index]))
        case .test: (test ?? inputs, index)
        }
    }

    /// Writes a sample's normalised inputs; missing numbers become the training mean.
    func writeInputs(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutablePointer<Float>) {
        let size = data.sampleShape.elementCount
        switch data.inputType {
        case .uint8:
            let bytes = data.inputs.assumingMemoryBound(to: UInt8.self) + sample * size
            lockstep_normalize_bytes(place, bytes, scaling.scale, scaling.shift, size)
        case .float32, .int32:
            let floats = data.inputs.assumingMemoryBound(to: Float.self) + sample * size
            lockstep_normalize_floats(place, floats, scaling.scale, scaling.shift, size)
            if data.hasMissing {
                for element in 0..<size where place[element].isNaN {
                    place[element] = scaling.missing[element]
                }
            }
        case .bfloat16: brokenContract("data sets are never decoded to bfloat16")
        }
    }

    /// Writes a sample's target: a label, or standardised numbers; zeros where it has none.
    func writeTarget(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutableRawPointer, index: Int) {
        guard data.hasTargets else {
            let width = max(1, data.targetWidth)
            for value in 0..<width {
                place.storeBytes(of: 0, toByteOffset: (index * width + value) * 4, as: Int32.self)
            }
            return
        }
        guard data.targetWidth > 0 else {
            place.storeBytes(of: data.labels[sample], toByteOffset: index * 4, as: Int32.self)
            return
        }
        let numbers = data.targets.assumingMemoryBound(to: Float.self) + sample * data.targetWidth
        for value in 0..<data.targetWidth {
            let standard = (numbers[value] - targetScaling.mean[value]) / targetScaling.deviation[value]
            place.storeBytes(
                of: standard, toByteOffset: (index * data.targetWidth + value) * 4, as: Float.self)
        }
    }
}

extension DataConfiguration {
    /// Whether the mean of inputs is needed even if they are not normalised: for missing numbers, or for augmentation by cutout.
    var needsMeans: Bool {
        if case .csv(let recipe) = self, recipe.missing == .mean { return true }
        return preparation.augment.contains { if case .cutout = $0 { true } else { false } }
    }

    /// Whether numeric targets are standardised.
    var standardizesTargets: Bool {
        switch self {
        case .csv(let recipe): recipe.standardizeTargets
        case .npy(let recipe): recipe.standardizeTargets
        case .fashionMNIST, .idx, .cifar10, .synthetic, .text, .kingJames, .shakespeare: false
        }
    }
}
