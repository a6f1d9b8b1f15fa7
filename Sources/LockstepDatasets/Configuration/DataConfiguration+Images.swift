import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// Fashion-MNIST: 60,000 training and 10,000 test images of 28 x 28 grey pixels in 10 classes.
    ///
    /// Source: Xiao, Rasul, Vollgraf: Fashion-MNIST (2017); Debian's package `dataset-fashion-mnist`.
    public struct FashionMNIST: Codable, Sendable, Hashable {
        /// The folder of Debian's package.
        public static let defaultDirectory = "/usr/share/datasets/fashion-mnist"

        /// The folder of the four `...-ubyte.gz` files.
        public var directory: String
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// Makes a recipe.
        public init(
            directory: String = FashionMNIST.defaultDirectory, validation: ValidationSplit = .none,
            augment: [Augmentation] = [], normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.directory = directory
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requirePath(directory, "directory")
        }
    }

    /// Images and labels in IDX files (the format of MNIST).
    public struct IDX: Codable, Sendable, Hashable {
        /// The files of training images: [N, H, W], [N, H, W, C] or [N, D].
        public var trainImages: DataFiles
        /// The files of training labels: [N].
        public var trainLabels: DataFiles
        /// The files of test images.
        public var testImages: DataFiles?
        /// The files of test labels; nil with test images for a set that can only be predicted.
        public var testLabels: DataFiles?
        /// The files of validation images, instead of a share of the training images.
        public var validationImages: DataFiles?
        /// The files of validation labels.
        public var validationLabels: DataFiles?
        /// The number of classes; nil for the largest training label plus 1.
        public var classes: Int?
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// Makes a recipe.
        public init(
            trainImages: String, trainLabels: String, testImages: String? = nil, testLabels: String? = nil,
            classes: Int? = nil, validation: ValidationSplit = .none, augment: [Augmentation] = [],
            normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.trainImages = DataFiles(trainImages)
            self.trainLabels = DataFiles(trainLabels)
            self.testImages = testImages.map(DataFiles.init(_:))
            self.testLabels = testLabels.map(DataFiles.init(_:))
            self.classes = classes
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireFiles(trainImages, "train_images")
            try ComponentError.requireFiles(trainLabels, "train_labels")
            try ComponentError.requireTest(testImages, "test_images", testLabels, "test_labels")
            try ComponentError.requirePair(
                validationImages, "validation_images", validationLabels, "validation_labels",
                of: "validation")
            try preparation.requireOneValidation(validationImages, "validation_images")
            try ComponentError.requireClasses(classes)
        }
    }

    /// The binary version of CIFAR-10: 50,000 training and 10,000 test images of 32 x 32 x 3 bytes in 10 classes.
    ///
    /// Source: Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009).
    public struct CIFAR10: Codable, Sendable, Hashable {
        /// The folder of `data_batch_1.bin` ... `data_batch_5.bin` and `test_batch.bin`, or the one above it.
        public var directory: String
        /// Split, normalization and augmentation.
        public var preparation: DataPreparation

        /// Makes a recipe.
        public init(
            directory: String, validation: ValidationSplit = .none, augment: [Augmentation] = [],
            normalize: Normalization = .automatic, splitSeed: UInt64 = 0
        ) {
            self.directory = directory
            preparation = .init(
                validation: validation, augment: augment, normalize: normalize, splitSeed: splitSeed)
        }

        func validate() throws(ComponentError) {
            try ComponentError.requirePath(directory, "directory")
        }
    }
}
