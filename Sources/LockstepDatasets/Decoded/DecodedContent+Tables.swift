import Glibc
import LockstepContracts
import LockstepReaders

extension DecodedContent {
    /// - Parameters:
    ///   - columns: the columns from the training of a network; nil for those of the training file.
    ///   - narrowing: the conversion of numbers from the training of a network; nil to derive it from the training file.
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
            try training.append(
                try reader.read(files), file: files.description,
                identifierColumns: columns.identifierNames.count)
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
    ///   - narrowing: the conversion of numbers from the training of a network; nil to derive it from the training files.
    ///   - classNames: the names of the classes from the training of a network; nil to derive them from the training files.
    ///   - plan: the inputs that are read from their files when they are needed; nil for none.
    static func npy(
        _ recipe: DataConfiguration.NPY, narrowing: DataNarrowing? = nil, classNames: [String]? = nil,
        plan: StreamPlan? = nil
    ) throws(DatasetError) -> Self {
        try requireTargets(recipe.testInputs, "test_inputs", recipe.testTargets, "test_targets")
        let trainingPlan = plan.flatMap { $0.training ? $0 : nil }
        let testPlan = plan.flatMap { $0.test ? $0 : nil }
        let training = try npyPart(
            recipe, recipe.trainInputs, recipe.trainTargets, narrowing: narrowing, classNames: classNames,
            plan: trainingPlan)
        func part(
            _ inputs: DataFiles?, _ targets: DataFiles?, _ plan: StreamPlan?
        ) throws(DatasetError) -> (part: DecodedPart, inputs: String, targets: String)? {
            guard let inputs, let targets else { return nil }
            let part = try npyPart(
                recipe, inputs, targets, narrowing: training.narrowing, classNames: training.classNames,
                plan: plan)
            return (part, inputs.description, targets.description)
        }
        return try arrays(
            training, task: recipe.task, classes: recipe.classes, targets: recipe.trainTargets.description,
            validation: { () throws(DatasetError) in
                // After streamed training inputs, validation inputs are streamed, too.
                try part(
                    recipe.validationInputs, recipe.validationTargets,
                    training.stream == nil ? nil : trainingPlan)
            }, test: { () throws(DatasetError) in try part(recipe.testInputs, recipe.testTargets, testPlan) })
    }

    /// Checks that a run that tests has the targets for it.
    static func requireTargets(
        _ inputs: DataFiles?, _ inputsKey: String, _ targets: DataFiles?, _ targetsKey: String
    ) throws(DatasetError) {
        guard let inputs, targets == nil else { return }
        throw DatasetError(
            .mismatch, inputs.description, "the test set has no targets (\(targetsKey))",
            advice:
                "give them, or leave \(inputsKey) out: inputs without targets can be used for prediction, but not for a test"
        )
    }

    /// Reads samples from files of inputs and files of targets.
    /// - Parameters:
    ///   - targetFiles: nil for samples without targets, for which `targetWidth` numbers are predicted (0 for a class).
    ///   - plan: how inputs are read that are not decoded as a whole; nil to decode them.
    static func npyPart(
        _ recipe: DataConfiguration.NPY, _ inputFiles: DataFiles, _ targetFiles: DataFiles?,
        targetWidth: Int = 0, narrowing: DataNarrowing?, classNames: [String]?, plan: StreamPlan? = nil
    ) throws(DatasetError) -> DecodedPart {
        func targets() throws(DatasetError) -> ArrayContent? {
            guard let targetFiles else { return nil }
            return try ArrayReader.read(targetFiles)
        }
        if let plan, let (rows, extents, _) = try plan.rows(inputFiles, recipe.layout) {
            return try DecodedPart(
                streaming: rows, at: plan.places(of: rows), targets: targets(),
                targetWidth: targetWidth,
                sampleExtents: sampleExtents(recipe.layout, extents, file: inputFiles.description),
                task: recipe.task,
                preparation: recipe.preparation, standardizesTargets: recipe.standardizeTargets,
                narrowing: narrowing, classNames: classNames, file: inputFiles.description)
        }
        var inputs = try ArrayReader.numbers(inputFiles)
        let extents = try sampleExtents(recipe.layout, inputs.extents, file: inputs.path)
        if recipe.layout == .channelsFirst {
            inputs = inputs.channelsLast()
        }
        return try DecodedPart(
            inputs: inputs, targets: targets(), targetWidth: targetWidth,
            sampleExtents: recipe.layout == .channelsFirst ? Array(inputs.extents.dropFirst()) : extents,
            task: recipe.task,
            preparation: recipe.preparation, standardizesTargets: recipe.standardizeTargets,
            narrowing: narrowing, classNames: classNames)
    }

    /// The shape of samples.
    /// - Parameter file: the file of the inputs, for messages.
    private static func sampleExtents(
        _ layout: DataConfiguration.NPY.Layout, _ extents: [Int], file: String
    ) throws(DatasetError) -> [Int] {
        let rank = extents.count
        let wanted: ClosedRange<Int>
        switch layout {
        case .asStored: wanted = 1...6
        case .channelsFirst: wanted = 4...4
        case .grey: wanted = 3...3
        }
        guard wanted.contains(rank) else {
            throw DatasetError(
                .format, file, "inputs have shape \(extents), which is not \(layout.rawValue)",
                advice: "give [N, ...] of at most 6 dimensions, and a layout that fits them")
        }
        return extents.dropFirst() + (layout == .grey || rank == 1 ? [1] : [])
    }
}
