import Glibc
import LockstepContracts

extension DecodedContent {
    /// - Parameter columns: those that a network was trained on; nil for those of the training file.
    static func csv(
        _ recipe: DataConfiguration.CSV, columns: CSVColumns? = nil
    ) throws(DatasetError) -> Self {
        var reader = CSVReader(recipe, columns: columns)
        let training = try reader.read(recipe.train)
        var notes = reader.notes(on: recipe.train)
        guard let columns = reader.columns else { brokenContract("csv: no columns after reading") }
        var test: DecodedPart?
        if let file = recipe.test {
            var reader = CSVReader(recipe, columns: columns)
            test = try reader.read(file)
            notes += reader.notes(on: file)
        }
        return DecodedContent(
            training: training, test: test,
            classes: recipe.task == .classification ? columns.classes.names.count : 0,
            classNames: columns.classes.names, featureNames: columns.featureNames, columns: columns,
            notes: notes)
    }

    static func npy(_ recipe: DataConfiguration.NPY) throws(DatasetError) -> Self {
        let training = try npyPart(recipe, recipe.trainInputs, recipe.trainTargets)
        let isClassification = recipe.task == .classification
        let classes =
            isClassification
            ? try training.classCount(configured: recipe.classes, file: recipe.trainTargets) : 0
        var test: DecodedPart?
        if let inputs = recipe.testInputs, let targets = recipe.testTargets {
            let decoded = try npyPart(recipe, inputs, targets)
            try decoded.requireSamples(like: training, file: inputs)
            if isClassification { try decoded.requireLabels(below: classes, file: targets) }
            test = decoded
        }
        return DecodedContent(training: training, test: test, classes: classes)
    }

    /// The samples of two files.
    static func npyPart(
        _ recipe: DataConfiguration.NPY, _ inputFile: String, _ targetFile: String
    ) throws(DatasetError) -> DecodedPart {
        let inputs = try NPYReader.read(inputFile)
        let targets = try NPYReader.read(targetFile)
        let rank = inputs.extents.count
        let wanted: ClosedRange<Int>
        switch recipe.layout {
        case .asStored: wanted = 1...6
        case .channelsFirst: wanted = 4...4
        case .grey: wanted = 3...3
        }
        guard wanted.contains(rank) else {
            throw DatasetError(
                .format, inputFile,
                "inputs have shape \(inputs.extents), which is not \(recipe.layout.rawValue)",
                advice: "give [N, ...] of at most 6 dimensions, and a layout that fits them")
        }
        var extents = Array(inputs.extents.dropFirst())
        if recipe.layout == .grey || rank == 1 { extents.append(1) }
        var part = try DecodedPart(
            inputs: inputs, targets: targets, sampleExtents: extents, task: recipe.task)
        if recipe.layout == .channelsFirst { part.moveChannelsLast() }
        return part
    }
}

extension DecodedPart {
    /// Turns samples [C, H, W] into [H, W, C].
    mutating func moveChannelsLast() {
        let (channels, pixels) = (sampleExtents[0], sampleExtents[1] * sampleExtents[2])
        let size = inputType.byteCount
        let moved = MemoryBlock(count: inputs.count)
        for sample in 0..<count {
            let source = inputs.address + sample * channels * pixels * size
            let target = moved.address + sample * channels * pixels * size
            for channel in 0..<channels {
                for pixel in 0..<pixels {
                    memcpy(
                        target + (pixel * channels + channel) * size,
                        source + (channel * pixels + pixel) * size, size)
                }
            }
        }
        inputs = moved
        sampleExtents = [sampleExtents[1], sampleExtents[2], channels]
    }
}
