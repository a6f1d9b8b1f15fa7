import Glibc
import LockstepReaders

extension DecodedContent {
    private static let fashionNames = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]

    static func fashionMNIST(_ recipe: DataConfiguration.FashionMNIST) throws(DatasetError) -> Self {
        let files = try DataConfiguration.fashionMNIST(recipe).sourceFiles()
        var content = try idx(
            .init(
                trainImages: files[0], trainLabels: files[1], testImages: files[2], testLabels: files[3],
                classes: 10))
        content.classNames = fashionNames
        return content
    }

    /// - Parameter narrowing: the conversion of numbers from the training of a network; nil to derive it from the
    ///   training files.
    static func idx(
        _ recipe: DataConfiguration.IDX, narrowing: DataNarrowing? = nil
    ) throws(DatasetError) -> Self {
        try requireTargets(recipe.testImages, "test_images", recipe.testLabels, "test_labels")
        var training = try idxPart(
            recipe.trainImages, recipe.trainLabels, recipe.preparation, narrowing: narrowing)
        let classes = try training.classCount(
            configured: recipe.classes, file: recipe.trainLabels.description)
        let notes = try training.classNotes(
            classes: classes, configured: recipe.classes, file: recipe.trainLabels.description,
            canBeRegression: false)
        let count = training.count
        if let images = recipe.validationImages, let labels = recipe.validationLabels {
            let part = try idxPart(images, labels, recipe.preparation, narrowing: training.narrowing)
            try part.requireLabels(below: classes, file: labels.description)
            try training.append(part, file: images.description)
        }
        var test: DecodedPart?
        if let images = recipe.testImages, let labels = recipe.testLabels {
            let decoded = try idxPart(images, labels, recipe.preparation, narrowing: training.narrowing)
            try decoded.requireSamples(like: training, file: images.description)
            try decoded.requireLabels(below: classes, file: labels.description)
            test = decoded
        }
        return DecodedContent(
            training: training, heldBack: training.count - count, test: test, classes: classes, notes: notes)
    }

    static func cifar10(_ recipe: DataConfiguration.CIFAR10) throws(DatasetError) -> Self {
        let files = try DataConfiguration.cifar10(recipe).sourceFiles()
        return DecodedContent(
            training: try cifar10Part(files.dropLast()), test: try cifar10Part(files.suffix(1)), classes: 10,
            classNames: CIFAR10Reader.classNames)
    }

    /// Reads samples from files of images and files of labels.
    /// - Parameter labels: nil for samples without labels.
    static func idxPart(
        _ images: DataFiles, _ labels: DataFiles?, _ preparation: DataPreparation, narrowing: DataNarrowing?
    ) throws(DatasetError) -> DecodedPart {
        let inputs = try IDXReader.read(images)
        let extents: [Int]
        switch inputs.extents.count {
        case 2: extents = [inputs.extents[1]]
        case 3: extents = [inputs.extents[1], inputs.extents[2], 1]
        case 4: extents = Array(inputs.extents[1...])
        default:
            throw DatasetError(
                .format, inputs.path, "images have shape \(inputs.extents)",
                advice:
                    "give [N, H, W], [N, H, W, C] or [N, D]; check that images and labels were not swapped")
        }
        let targets: ArrayContent? =
            if let labels { .numbers(try IDXReader.read(labels)) } else { nil }
        return try DecodedPart(
            inputs: inputs, targets: targets, sampleExtents: extents,
            task: .classification, preparation: preparation, standardizesTargets: false, narrowing: narrowing,
            classNames: nil)
    }

    /// Reads the samples of several files.
    static func cifar10Part(_ paths: [String]) throws(DatasetError) -> DecodedPart {
        let (images, labels) = try CIFAR10Reader.read(paths)
        return DecodedPart(
            count: labels.count, sampleExtents: CIFAR10Reader.extents, inputType: .uint8, inputs: images,
            targetWidth: 0, targets: MemoryBlock(copying: ContiguousArray(labels)))
    }
}

extension DecodedPart {
    /// Checks that test or validation samples have the shape, type and targets of the training samples.
    func requireSamples(
        like training: DecodedPart, file: String, called name: String = "test"
    ) throws(DatasetError) {
        guard sampleExtents == training.sampleExtents, inputType == training.inputType else {
            throw DatasetError(
                .mismatch, file,
                "\(name) samples are \(sampleExtents) \(inputType), but training samples are \(training.sampleExtents) "
                    + "\(training.inputType)", advice: "give \(name) data of the same shape and type")
        }
        guard targetWidth == training.targetWidth else {
            throw DatasetError(
                .mismatch, file,
                "\(name) targets have \(targetWidth) values, but training targets have \(training.targetWidth)",
                advice: "give \(name) data of the same shape and type")
        }
    }
}
