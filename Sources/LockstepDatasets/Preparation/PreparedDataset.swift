import CKernels
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
    /// For standardised targets: the training mean and deviation of each value; otherwise zeros and ones.
    public let targetMean: [Float]
    /// See `targetMean`.
    public let targetDeviation: [Float]
    /// What the training data are: their number, the split, and a checksum; equal for equal data.
    public let fingerprint: String

    /// What a user should know of the cache of decoded data.
    public let warnings: [String]

    let inputs: DecodedDataset
    let test: DecodedDataset?
    let split: SampleSplit
    let scaling: InputScaling
    let augmentations: [Augmentation]

    /// Reads and prepares the data of a recipe; decoded data are held once per host, in a cache file.
    /// - Throws: `DatasetError` for whatever is wrong with the files.
    public init(_ configuration: DataConfiguration, cache: DataCache = DataCache()) throws {
        let content = try cache.load(configuration)
        warnings = content.warnings
        let preparation = configuration.preparation
        inputs = content.training
        test = content.test
        windows = try configuration.windows.map { (preparation) throws(DatasetError) in
            try TextWindows(count: content.training.count, preparation, file: configuration.textSource)
        }
        sampleShape = windows.map { Shape($0.context) } ?? inputs.sampleShape
        classes = content.classes > 0 ? content.classes : nil
        classNames = content.classNames
        targetWidth = windows?.context ?? max(1, inputs.targetWidth)
        split =
            windows == nil
            ? try SampleSplit(count: inputs.count, preparation.validation, seed: preparation.splitSeed)
            : .none
        scaling = InputScaling(inputs, training: split.training, preparation.normalize)
        augmentations = preparation.augment
        guard augmentations.isEmpty || inputs.sampleShape.rank == 3 else {
            throw DatasetError(
                .mismatch, nil, "augment is for images, but samples have the shape \(inputs.sampleShape)",
                advice: "remove augment")
        }
        var means = [Float](repeating: 0, count: targetWidth)
        var deviations = [Float](repeating: 1, count: targetWidth)
        if inputs.targetWidth > 0 && configuration.standardizesTargets {
            Self.standardize(inputs, split.training, &means, &deviations)
        }
        targetMean = means
        targetDeviation = deviations
        if let windows {
            fingerprint = "\(windows), crc32 \(content.fingerprint.crc)"
            return
        }
        fingerprint =
            "\(split.training.count) of \(inputs.count) samples, crc32 \(content.fingerprint.crc), split \(preparation.validation), "
            + "split seed \(preparation.splitSeed)"
    }

    /// The number of samples of a set; 0 where there is none.
    public func count(_ part: Part) -> Int {
        switch part {
        case .training: windows?.trainingCount ?? split.training.count
        case .validation: windows?.validationCount ?? split.validation.count
        case .test: test?.count ?? 0
        }
    }

    /// The number of training samples of each class; empty for numbers.
    public var classCounts: [Int] {
        guard let classes else { return [] }
        var counts = [Int](repeating: 0, count: classes)
        for sample in split.training { counts[Int(inputs.labels[Int(sample)])] += 1 }
        return counts
    }

    /// Where a sample of a set lies: its data and its number there.
    func place(_ part: Part, _ index: Int) -> (data: DecodedDataset, sample: Int) {
        switch part {
        case .training: (inputs, Int(split.training[index]))
        case .validation: (inputs, Int(split.validation[index]))
        case .test: (test ?? inputs, index)
        }
    }

    /// Writes a sample's normalised inputs; missing numbers become the mean.
    func writeInputs(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutablePointer<Float>) {
        let size = data.sampleShape.elementCount
        switch data.inputType {
        case .uint8:
            let bytes = data.inputs.assumingMemoryBound(to: UInt8.self) + sample * size
            lockstep_normalize_bytes(place, bytes, scaling.scale, scaling.shift, size)
        case .float32, .int32:
            let floats = data.inputs.assumingMemoryBound(to: Float.self) + sample * size
            lockstep_normalize_floats(place, floats, scaling.scale, scaling.shift, size)
            if data.hasMissing { for element in 0..<size where place[element].isNaN { place[element] = 0 } }
        case .bfloat16: preconditionFailure("data sets are never decoded to bfloat16")
        }
    }

    /// Writes a sample's target: a label, or standardised numbers.
    func writeTarget(_ data: DecodedDataset, _ sample: Int, to place: UnsafeMutableRawPointer, index: Int) {
        guard data.targetWidth > 0 else {
            place.storeBytes(of: data.labels[sample], toByteOffset: index * 4, as: Int32.self)
            return
        }
        let numbers = data.targets.assumingMemoryBound(to: Float.self) + sample * data.targetWidth
        for value in 0..<data.targetWidth {
            let standard = (numbers[value] - targetMean[value]) / targetDeviation[value]
            place.storeBytes(
                of: standard, toByteOffset: (index * data.targetWidth + value) * 4, as: Float.self)
        }
    }

    private static func standardize(
        _ data: DecodedDataset, _ samples: [Int32], _ means: inout [Float], _ deviations: inout [Float]
    ) {
        let width = data.targetWidth
        let numbers = data.targets.assumingMemoryBound(to: Float.self)
        for value in 0..<width {
            var sum = 0.0
            for sample in samples { sum += Double(numbers[Int(sample) * width + value]) }
            let mean = sum / Double(samples.count)
            var squares = 0.0
            for sample in samples {
                let distance = Double(numbers[Int(sample) * width + value]) - mean
                squares += distance * distance
            }
            let deviation = (squares / Double(samples.count)).squareRoot()
            means[value] = Float(mean)
            deviations[value] = deviation > 1e-12 ? Float(deviation) : 1
        }
    }
}

extension DataConfiguration {
    /// Whether numeric targets are standardised.
    var standardizesTargets: Bool {
        switch self {
        case .csv(let recipe): recipe.standardizeTargets
        case .npy(let recipe): recipe.standardizeTargets
        case .fashionMNIST, .idx, .cifar10, .synthetic, .text, .kingJames, .shakespeare: false
        }
    }
}
