import LockstepConfiguration
import LockstepDatasets

extension DataConfiguration {
    /// Reads `data: {fashion_mnist: {validation: 0.1}}`. What is more than a range is checked by `validate()`.
    package static func read(_ section: ConfigurationSection, _ key: String, default value: Self?) throws
        -> Self
    {
        let choices: [ConfigurationChoice<Self>] = [
            .map(
                "fashion_mnist", from: { if case .fashionMNIST(let it) = $0 { it } else { nil } },
                to: Self.fashionMNIST, read: fashionMNIST),
            .map("idx", from: { if case .idx(let it) = $0 { it } else { nil } }, to: Self.idx, read: idx),
            .map("csv", from: { if case .csv(let it) = $0 { it } else { nil } }, to: Self.csv, read: csv),
            .map("npy", from: { if case .npy(let it) = $0 { it } else { nil } }, to: Self.npy, read: npy),
            .map(
                "sequences", from: { if case .sequences(let it) = $0 { it } else { nil } },
                to: Self.sequences, read: sequences),
            .map(
                "cifar10", from: { if case .cifar10(let it) = $0 { it } else { nil } }, to: Self.cifar10,
                read: cifar10),
            .map(
                "synthetic", from: { if case .synthetic(let it) = $0 { it } else { nil } },
                to: Self.synthetic,
                read: synthetic),
            .map("text", from: { if case .text(let it) = $0 { it } else { nil } }, to: Self.text, read: text),
            .map(
                "king_james", from: { if case .kingJames(let it) = $0 { it } else { nil } },
                to: Self.kingJames, read: kingJames),
            .map(
                "shakespeare", from: { if case .shakespeare(let it) = $0 { it } else { nil } },
                to: Self.shakespeare, read: shakespeare),
        ]
        return try section.choice(key, "the data set", default: value, choices)
    }

    private static func fashionMNIST(
        _ section: ConfigurationSection, _ value: FashionMNIST?
    ) throws -> FashionMNIST {
        var new = value ?? FashionMNIST()
        new.directory = try section.string(
            "directory", "folder of the four files", default: new.directory, what: "the path of a folder")
        new.preparation = try .read(section, default: new.preparation)
        return new
    }

    private static func cifar10(_ section: ConfigurationSection, _ value: CIFAR10?) throws -> CIFAR10 {
        var new = CIFAR10(
            directory: try section.string(
                "directory",
                "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin, or the one above it",
                default: value?.directory, what: "the path of a folder"))
        new.preparation = try .read(section, default: value?.preparation ?? .init())
        return new
    }

    private static func idx(_ section: ConfigurationSection, _ value: IDX?) throws -> IDX {
        let file = "the path of an IDX file"
        var new = IDX(
            trainImages: try section.string(
                "train_images", "training images", default: value?.trainImages, what: file),
            trainLabels: try section.string(
                "train_labels", "training labels", default: value?.trainLabels, what: file))
        new.testImages = try section.optionalString(
            "test_images", "test images", default: value?.testImages, what: file)
        new.testLabels = try section.optionalString(
            "test_labels", "test labels", default: value?.testLabels, what: file)
        new.classes = try section.automaticInteger(
            "classes", "number of classes; auto: the largest training label plus 1",
            default: value?.classes, .classes)
        new.preparation = try .read(section, default: value?.preparation ?? .init())
        return new
    }

    private static func synthetic(_ section: ConfigurationSection, _ value: Synthetic?) throws -> Synthetic {
        let samples = try section.integer(
            "samples", "training samples", default: value?.samples ?? Synthetic().samples, .syntheticSamples)
        // The usual number of test samples depends on the number of samples.
        var new = value ?? Synthetic(samples: samples)
        new.samples = samples
        new.testSamples = try section.integer(
            "test_samples", "test samples; by default a fifth of samples", default: new.testSamples,
            .syntheticSamples)
        new.shape = try section.integers(
            "shape", "of a sample: [features], or [height, width, channels], at most a million in all",
            default: new.shape, .syntheticExtent)
        new.classes = try section.integer(
            "classes", "number of classes", default: new.classes, .syntheticClasses)
        new.noise = try section.double(
            "noise", "standard deviation of the noise; that of the classes' prototypes is 1",
            default: new.noise, .noise)
        new.seed = try section.seed("seed", "source of the data's random draws", default: new.seed)
        new.preparation = try .read(section, default: new.preparation)
        return new
    }
}
