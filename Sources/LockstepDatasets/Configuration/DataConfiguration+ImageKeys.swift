import LockstepConfiguration

extension DataConfiguration.FashionMNIST: Configurable {
    public init() { self.init(directory: Self.defaultDirectory) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text("directory", \.directory, what: "the path of a folder", "folder of the four files"),
            .including(\.preparation))
    }
}

extension DataConfiguration.CIFAR10: Configurable {
    public init() { self.init(directory: "") }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text(
                "directory", \.directory, what: "the path of a folder",
                "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin, or the one above it",
                default: .required),
            .including(\.preparation))
    }
}

extension DataConfiguration.IDX: Configurable {
    public init() { self.init(trainImages: "", trainLabels: "") }

    public static var keys: KeyTable<Self> {
        let file = "the path of an IDX file, a pattern"
        return KeyTable(
            .oneOrMore(
                "train_images", \.trainImages.patterns, what: file, "training images", default: .required),
            .oneOrMore(
                "train_labels", \.trainLabels.patterns, what: file, "training labels", default: .required),
            .optionalOneOrMore("test_images", \.testImages.filePatterns, what: file, "test images"),
            .optionalOneOrMore("test_labels", \.testLabels.filePatterns, what: file, "test labels"),
            .optionalOneOrMore(
                "validation_images", \.validationImages.filePatterns, what: file,
                "validation images, instead of a share of the training images"),
            .optionalOneOrMore(
                "validation_labels", \.validationLabels.filePatterns, what: file, "validation labels"),
            .classCount(\.classes),
            .including(\.preparation))
    }
}

extension DataConfiguration.Synthetic: Configurable {
    public init() { self.init(testSamples: nil) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("samples", \.samples, .syntheticSamples, "training samples"),
            .integer(
                "test_samples", \.testSamples, .syntheticSamples,
                "test samples; by default a fifth of samples",
                default: .following { Self(samples: $0.samples).testSamples }),
            .integers(
                "shape", \.shape, .syntheticExtent,
                "shape of a sample: [features], or [height, width, channels], at most a million numbers in all"
            ),
            .integer("classes", \.classes, .syntheticClasses, "number of classes"),
            .number(
                "noise", \.noise, .noise,
                "standard deviation of the noise; the prototypes of the classes have standard deviation 1"),
            .seed("seed", \.seed, "seed of the data's random numbers"),
            .including(\.preparation))
    }
}
