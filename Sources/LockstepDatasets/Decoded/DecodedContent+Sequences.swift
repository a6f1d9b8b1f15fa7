import LockstepReaders

/// Sequences are decoded as two sets: one of their steps, and one whose only input is the length of each sequence.
extension DecodedContent {
    /// The lengths and targets of a recipe's sequences.
    static func sequences(
        _ recipe: DataConfiguration.Sequences, narrowing: DataNarrowing?, classNames: [String]? = nil
    ) throws(DatasetError) -> Self {
        try requireTargets(recipe.testInputs, "test_inputs", recipe.testTargets, "test_targets")
        let training = try sequencePart(
            recipe, lengths: recipe.trainLengths, targets: recipe.trainTargets, narrowing: narrowing,
            classNames: classNames)
        func part(
            _ lengths: DataFiles?, _ targets: DataFiles?
        ) throws(DatasetError) -> (part: DecodedPart, inputs: String, targets: String)? {
            guard let lengths, let targets else { return nil }
            let part = try sequencePart(
                recipe, lengths: lengths, targets: targets, narrowing: training.narrowing,
                classNames: training.classNames)
            return (part, targets.description, targets.description)
        }
        return try arrays(
            training, task: recipe.task, classes: recipe.classes, targets: recipe.trainTargets.description,
            validation: { () throws(DatasetError) in
                try part(recipe.validationLengths, recipe.validationTargets)
            }, test: { () throws(DatasetError) in try part(recipe.testLengths, recipe.testTargets) })
    }

    /// Reads the lengths and targets of several files.
    /// - Parameter targets: nil for samples without targets, of which `targetWidth` numbers are predicted (0 for a class).
    static func sequencePart(
        _ recipe: DataConfiguration.Sequences, lengths file: DataFiles, targets: DataFiles?,
        targetWidth: Int = 0, narrowing: DataNarrowing?, classNames: [String]?
    ) throws(DatasetError) -> DecodedPart {
        let lengths = try ArrayReader.numbers(file)
        guard lengths.extents.count == 1 else {
            throw DatasetError(
                .format, lengths.path, "lengths have shape \(lengths.extents)",
                advice: "give one number of steps for each sequence: [N]")
        }
        var numbers = ContiguousArray<Float>()
        numbers.reserveCapacity(lengths.count)
        for index in 0..<lengths.count {
            let value = lengths.value(index)
            guard value >= 1, value == value.rounded(), value <= longestSequence else {
                throw DatasetError(
                    .value, lengths.path, .sample(index), "\(value) is not a valid length of a sequence",
                    advice: "give whole numbers from 1 to \(Int(longestSequence))")
            }
            numbers.append(Float(value))
        }
        var targetNarrowing = DataNarrowing()
        targetNarrowing.targets = narrowing?.targets
        let content: ArrayContent? = if let targets { try ArrayReader.read(targets) } else { nil }
        var part = try DecodedPart(
            inputs: lengths, targets: content, targetWidth: targetWidth, sampleExtents: [1],
            task: recipe.task,
            preparation: DataPreparation(normalize: .none), standardizesTargets: recipe.standardizeTargets,
            narrowing: narrowing.map { _ in targetNarrowing }, classNames: classNames)
        part.inputType = .float32
        part.inputs = MemoryBlock(copying: numbers)
        return part
    }

    /// The largest number up to which 32-bit floats hold all integers.
    private static let longestSequence = 16_777_216.0

    /// The steps of a recipe's sequences: of the training and test files, or of the test files in place of the training files.
    /// - Parameter narrowing: the conversion of numbers from training; nil to derive it from the training file.
    static func steps(
        _ recipe: DataConfiguration.Sequences, isTestOnly: Bool, narrowing: NumberNarrowing??
    ) throws(DatasetError) -> Self {
        func part(
            _ file: DataFiles, _ lengths: DataFiles, _ narrowing: NumberNarrowing??
        ) throws(DatasetError) -> DecodedPart {
            let inputs = try ArrayReader.numbers(file)
            guard inputs.extents.count == 1 || inputs.extents.count == 2 else {
                throw DatasetError(
                    .format, inputs.path, "inputs have shape \(inputs.extents)",
                    advice: "give [all steps, features]")
            }
            let sum = try lengthSum(lengths)
            guard sum == inputs.count else {
                throw DatasetError(
                    .mismatch, lengths.description,
                    "the lengths add up to \(sum) steps, but \(file) has \(inputs.count)",
                    advice: "check that both files are of the same data")
            }
            return try DecodedPart(
                steps: inputs, features: inputs.extents.count == 2 ? inputs.extents[1] : 1,
                isStandardized: recipe.preparation.standardizesNumbers, narrowing: narrowing)
        }
        if isTestOnly, let file = recipe.testInputs, let lengths = recipe.testLengths {
            return DecodedContent(training: try part(file, lengths, narrowing), test: nil, classes: 0)
        }
        var training = try part(recipe.trainInputs, recipe.trainLengths, narrowing)
        let count = training.count
        if let file = recipe.validationInputs, let lengths = recipe.validationLengths {
            try training.append(
                try part(file, lengths, .some(training.narrowing.inputs)), file: file.description)
        }
        var test: DecodedPart?
        if let file = recipe.testInputs, let lengths = recipe.testLengths {
            let decoded = try part(file, lengths, .some(training.narrowing.inputs))
            try decoded.requireSamples(like: training, file: file.description)
            test = decoded
        }
        return DecodedContent(
            training: training, heldBack: training.count - count, test: test, classes: 0)
    }

    private static func lengthSum(_ file: DataFiles) throws(DatasetError) -> Int {
        let lengths = try ArrayReader.numbers(file)
        return (0..<lengths.elementCount).reduce(0) { $0 + Int(max(0, min(lengths.value($1), 1e12))) }
    }
}
