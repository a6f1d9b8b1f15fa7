import Glibc
import LockstepContracts
import LockstepReaders

extension DecodedContent {
    /// - Parameters:
    ///   - columns: those that a network was trained on; nil for those of the training file.
    ///   - narrowing: the conversion for the file that a network was trained on; nil to derive it from the training file.
    static func csv(
        _ recipe: DataConfiguration.CSV, columns: CSVColumns? = nil, narrowing: DataNarrowing? = nil
    ) throws(DatasetError) -> Self {
        var reader = CSVReader(TableFormat(recipe), columns: columns, narrowing: narrowing)
        let training = try reader.read(recipe.train)
        var notes = reader.notes(on: recipe.train)
        guard let columns = reader.columns else { brokenContract("csv: no columns after reading") }
        var test: DecodedPart?
        if let file = recipe.test {
            var reader = CSVReader(TableFormat(recipe), columns: columns, narrowing: training.narrowing)
            test = try reader.read(file)
            notes += reader.notes(on: file)
        }
        return DecodedContent(
            training: training, test: test,
            classes: recipe.task == .classification ? columns.classes.names.count : 0,
            classNames: columns.classes.names, featureNames: columns.featureNames, columns: columns,
            notes: notes)
    }

    /// - Parameter narrowing: the conversion for the files that a network was trained on; nil to derive it from the
    ///   training files.
    static func npy(
        _ recipe: DataConfiguration.NPY, narrowing: DataNarrowing? = nil
    ) throws(DatasetError) -> Self {
        let training = try npyPart(recipe, recipe.trainInputs, recipe.trainTargets, narrowing: narrowing)
        return try arrays(
            training, task: recipe.task, classes: recipe.classes, targets: recipe.trainTargets
        ) { () throws(DatasetError) in
            guard let inputs = recipe.testInputs, let targets = recipe.testTargets else { return nil }
            return (try npyPart(recipe, inputs, targets, narrowing: training.narrowing), inputs, targets)
        }
    }

    /// The samples of two files.
    static func npyPart(
        _ recipe: DataConfiguration.NPY, _ inputFile: String, _ targetFile: String, narrowing: DataNarrowing?
    ) throws(DatasetError) -> DecodedPart {
        var inputs = try NPYReader.read(inputFile)
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
        if recipe.layout == .channelsFirst { inputs = inputs.channelsLast() }
        var extents = Array(inputs.extents.dropFirst())
        if recipe.layout == .grey || rank == 1 { extents.append(1) }
        return try DecodedPart(
            inputs: inputs, targets: targets, sampleExtents: extents, task: recipe.task,
            preparation: recipe.preparation, standardizesTargets: recipe.standardizeTargets,
            narrowing: narrowing)
    }
}
