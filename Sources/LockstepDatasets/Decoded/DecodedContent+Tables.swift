import Glibc
import LockstepContracts
import LockstepReaders

extension DecodedContent {
    /// - Parameters:
    ///   - columns: those that a network was trained on; nil for those of the training file.
    ///   - narrowing: the conversion for the file that a network was trained on; nil to derive it from the training file.
    ///   - isJSONLines: whether the files are JSON lines instead of CSV.
    static func table(
        _ recipe: DataConfiguration.CSV, columns: CSVColumns? = nil, narrowing: DataNarrowing? = nil,
        isJSONLines: Bool = false
    ) throws(DatasetError) -> Self {
        let format = TableFormat(recipe, isJSONLines: isJSONLines)
        var reader = CSVReader(format, columns: columns, narrowing: narrowing)
        var training = try reader.read(recipe.train)
        var notes = reader.notes
        guard let columns = reader.columns else { brokenContract("csv: no columns after reading") }
        let count = training.count
        if let files = recipe.validationFile {
            var reader = CSVReader(format, columns: columns, narrowing: training.narrowing)
            try training.append(try reader.read(files), file: files.description)
            notes += reader.notes
        }
        var test: DecodedPart?
        if let files = recipe.test {
            var reader = CSVReader(format, columns: columns, narrowing: training.narrowing)
            test = try reader.read(files)
            notes += reader.notes
        }
        return DecodedContent(
            training: training, heldBack: training.count - count, test: test,
            classes: recipe.task == .classification ? columns.classes.names.count : 0,
            classNames: columns.classes.names, featureNames: columns.featureNames, columns: columns,
            notes: notes)
    }

    /// - Parameters:
    ///   - narrowing: the conversion for the files that a network was trained on; nil to derive it from the training files.
    ///   - classNames: the names of the classes that a network was trained on; nil to derive them from the training files.
    static func npy(
        _ recipe: DataConfiguration.NPY, narrowing: DataNarrowing? = nil, classNames: [String]? = nil
    ) throws(DatasetError) -> Self {
        guard recipe.testInputs == nil || recipe.testTargets != nil else {
            throw DatasetError(
                .mismatch, recipe.testInputs?.description, "this test set has no targets (test_targets)",
                advice:
                    "give them, or leave test_inputs out: inputs alone can be predicted by a trained network, but not tested"
            )
        }
        let training = try npyPart(
            recipe, recipe.trainInputs, recipe.trainTargets, narrowing: narrowing, classNames: classNames)
        func part(
            _ inputs: DataFiles?, _ targets: DataFiles?
        ) throws(DatasetError) -> (part: DecodedPart, inputs: String, targets: String)? {
            guard let inputs, let targets else { return nil }
            let part = try npyPart(
                recipe, inputs, targets, narrowing: training.narrowing, classNames: training.classNames)
            return (part, inputs.description, targets.description)
        }
        return try arrays(
            training, task: recipe.task, classes: recipe.classes, targets: recipe.trainTargets.description,
            validation: { () throws(DatasetError) in
                try part(recipe.validationInputs, recipe.validationTargets)
            }, test: { () throws(DatasetError) in try part(recipe.testInputs, recipe.testTargets) })
    }

    /// The samples of files of inputs and files of targets.
    /// - Parameters:
    ///   - targetFiles: nil for samples without targets, of which `targetWidth` numbers are predicted (0 for a class).
    static func npyPart(
        _ recipe: DataConfiguration.NPY, _ inputFiles: DataFiles, _ targetFiles: DataFiles?,
        targetWidth: Int = 0, narrowing: DataNarrowing?,
        classNames: [String]?
    ) throws(DatasetError) -> DecodedPart {
        var inputs = try ArrayReader.numbers(inputFiles)
        var targets: ArrayContent?
        if let targetFiles { targets = try ArrayReader.read(targetFiles) }
        let rank = inputs.extents.count
        let wanted: ClosedRange<Int>
        switch recipe.layout {
        case .asStored: wanted = 1...6
        case .channelsFirst: wanted = 4...4
        case .grey: wanted = 3...3
        }
        guard wanted.contains(rank) else {
            throw DatasetError(
                .format, inputs.path,
                "inputs have shape \(inputs.extents), which is not \(recipe.layout.rawValue)",
                advice: "give [N, ...] of at most 6 dimensions, and a layout that fits them")
        }
        if recipe.layout == .channelsFirst { inputs = inputs.channelsLast() }
        var extents = Array(inputs.extents.dropFirst())
        if recipe.layout == .grey || rank == 1 { extents.append(1) }
        return try DecodedPart(
            inputs: inputs, targets: targets, targetWidth: targetWidth, sampleExtents: extents,
            task: recipe.task,
            preparation: recipe.preparation, standardizesTargets: recipe.standardizeTargets,
            narrowing: narrowing, classNames: classNames)
    }
}
