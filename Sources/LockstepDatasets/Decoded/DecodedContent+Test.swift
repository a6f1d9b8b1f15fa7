import LockstepReaders

extension DecodedContent {
    /// The test set of a recipe alone, in the place of the training data; nil where it has none in files of its own. A table may be
    /// without the target column.
    init?(
        testOf configuration: DataConfiguration, _ format: TestFormat
    ) throws(DatasetError) {
        let part: DecodedPart
        var notes: [String] = []
        let files = try configuration.testFiles()
        guard let first = files.first, let last = files.last else { return nil }
        let narrowing = format.narrowing
        switch configuration {
        case .fashionMNIST, .idx:
            part = try Self.idxPart(first, last, configuration.preparation, narrowing: narrowing)
        case .csv(let recipe):
            guard let columns = format.columns else { return nil }
            var reader = CSVReader(
                TableFormat(recipe), columns: columns, narrowing: narrowing, isTargetOptional: true)
            part = try reader.read(first)
            notes = reader.notes(on: first)
        case .npy(let recipe):
            part = try Self.npyPart(recipe, first, last, narrowing: narrowing)
        case .sequences(let recipe):
            part = try Self.sequencePart(recipe, lengths: first, targets: last, narrowing: narrowing)
        case .cifar10:
            part = try Self.cifar10Part(files)
        case .synthetic, .text, .kingJames, .shakespeare:
            return nil
        }
        let classes = format.classes
        if classes > 0, part.targetWidth == 0, part.hasTargets {
            try part.requireLabels(below: classes, file: last)
        }
        self.init(
            training: part, test: nil, classes: classes, classNames: format.classNames,
            featureNames: format.columns?.featureNames ?? [], columns: format.columns, notes: notes)
    }
}

extension DataConfiguration {
    /// The files of the test set: inputs, and behind them targets where they are apart; empty where there are none.
    func testFiles() throws(DatasetError) -> [String] {
        let files = try sourceFiles()
        switch self {
        case .fashionMNIST: return Array(files.suffix(2))
        case .idx(let recipe): return recipe.testImages == nil ? [] : Array(files.suffix(2))
        case .csv(let recipe): return recipe.test == nil ? [] : Array(files.suffix(1))
        case .npy(let recipe): return recipe.testInputs == nil ? [] : Array(files.suffix(2))
        // The steps are read apart.
        case .sequences(let recipe): return [recipe.testLengths, recipe.testTargets].compactMap { $0 }
        case .cifar10: return Array(files.suffix(1))
        case .synthetic, .text, .kingJames, .shakespeare: return []
        }
    }
}
