import LockstepReaders

extension DecodedContent {
    /// The test set of a recipe alone, in place of the training data; nil if the recipe has no separate test files. A table may lack
    /// the target column, and arrays, images and sequences may lack targets.
    init?(
        testOf configuration: DataConfiguration, _ format: TestFormat, plan: StreamPlan? = nil
    ) throws(DatasetError) {
        let part: DecodedPart
        var notes: [String] = []
        let labels: String
        let narrowing = format.narrowing
        let names = format.classNames
        switch configuration {
        case .fashionMNIST(let recipe):
            let files = try configuration.testFiles()
            part = try Self.idxPart(
                DataFiles(files[0]), DataFiles(files[1]), recipe.preparation, narrowing: narrowing)
            labels = files[1]
        case .idx(let recipe):
            guard let images = recipe.testImages else { return nil }
            part = try Self.idxPart(images, recipe.testLabels, recipe.preparation, narrowing: narrowing)
            labels = (recipe.testLabels ?? images).description
        case .csv, .jsonLines:
            guard let columns = format.columns, let recipe = configuration.table, let files = recipe.test
            else {
                return nil
            }
            var reader = CSVReader(
                TableFormat(recipe, isJSONLines: configuration.isJSONLines), columns: columns,
                narrowing: narrowing, isTargetOptional: true)
            part = try reader.read(files)
            notes = reader.notes
            labels = files.description
        case .npy, .hdf5:
            guard let recipe = configuration.arrays, let inputs = recipe.testInputs else { return nil }
            part = try Self.npyPart(
                recipe, inputs, recipe.testTargets, targetWidth: format.targetWidth, narrowing: narrowing,
                classNames: names, plan: plan.flatMap { $0.test ? $0 : nil })
            labels = (recipe.testTargets ?? inputs).description
        case .sequences(let recipe):
            guard let lengths = recipe.testLengths else { return nil }
            part = try Self.sequencePart(
                recipe, lengths: lengths, targets: recipe.testTargets, targetWidth: format.targetWidth,
                narrowing: narrowing, classNames: names)
            labels = (recipe.testTargets ?? lengths).description
        case .cifar10:
            let files = try configuration.testFiles()
            part = try Self.cifar10Part(files)
            labels = files[0]
        case .synthetic, .text, .kingJames, .shakespeare:
            return nil
        }
        let classes = format.classes
        if classes > 0, part.targetWidth == 0, part.hasTargets {
            try part.requireLabels(below: classes, file: labels)
        }
        self.init(
            training: part, test: nil, classes: classes, classNames: format.classNames,
            featureNames: format.columns?.featureNames ?? [], columns: format.columns, notes: notes)
    }
}
