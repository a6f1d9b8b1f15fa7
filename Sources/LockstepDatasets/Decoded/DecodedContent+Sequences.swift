import LockstepReaders

/// Sequences are decoded as two sets: one of their steps, and one with the length of each sequence as its only input.
extension DecodedContent {
    /// The lengths and targets of a recipe's sequences.
    static func sequences(
        _ recipe: DataConfiguration.Sequences, narrowing: DataNarrowing?
    ) throws(DatasetError) -> Self {
        let training = try sequencePart(
            recipe, lengths: recipe.trainLengths, targets: recipe.trainTargets, narrowing: narrowing)
        return try arrays(
            training, task: recipe.task, classes: recipe.classes, targets: recipe.trainTargets
        ) { () throws(DatasetError) in
            guard let lengths = recipe.testLengths, let targets = recipe.testTargets else { return nil }
            return (
                try sequencePart(recipe, lengths: lengths, targets: targets, narrowing: training.narrowing),
                targets, targets
            )
        }
    }

    /// The lengths and targets of two files.
    static func sequencePart(
        _ recipe: DataConfiguration.Sequences, lengths file: String, targets: String,
        narrowing: DataNarrowing?
    ) throws(DatasetError) -> DecodedPart {
        let lengths = try NPYReader.read(file)
        guard lengths.extents.count == 1 else {
            throw DatasetError(
                .format, file, "lengths have shape \(lengths.extents)",
                advice: "give one number of steps for each sequence: [N]")
        }
        var numbers = ContiguousArray<Float>()
        numbers.reserveCapacity(lengths.count)
        for index in 0..<lengths.count {
            let value = lengths.value(index)
            guard value >= 1, value == value.rounded(), value <= longestSequence else {
                throw DatasetError(
                    .value, file, .sample(index), "\(value) is no length of a sequence",
                    advice: "give whole numbers from 1 to \(Int(longestSequence))")
            }
            numbers.append(Float(value))
        }
        var targetNarrowing = DataNarrowing()
        targetNarrowing.targets = narrowing?.targets
        var part = try DecodedPart(
            inputs: lengths, targets: NPYReader.read(targets), sampleExtents: [1], task: recipe.task,
            preparation: DataPreparation(normalize: .none), standardizesTargets: recipe.standardizeTargets,
            narrowing: narrowing.map { _ in targetNarrowing })
        part.inputType = .float32
        part.inputs = MemoryBlock(copying: numbers)
        return part
    }

    /// 32-bit numbers count so far without gaps.
    private static let longestSequence = 16_777_216.0

    /// The steps of a recipe's sequences: of the training and test files, or of the test files in the place of training.
    /// - Parameter narrowing: the conversion that is decided already; nil to derive it from the training file.
    static func steps(
        _ recipe: DataConfiguration.Sequences, isTestOnly: Bool, narrowing: NumberNarrowing??
    ) throws(DatasetError) -> Self {
        func part(
            _ file: String, _ lengths: String, _ narrowing: NumberNarrowing??
        ) throws(DatasetError) -> DecodedPart {
            let inputs = try NPYReader.read(file)
            guard inputs.extents.count == 1 || inputs.extents.count == 2 else {
                throw DatasetError(
                    .format, file, "inputs have shape \(inputs.extents)", advice: "give [all steps, features]"
                )
            }
            let sum = try lengthSum(lengths)
            guard sum == inputs.count else {
                throw DatasetError(
                    .mismatch, lengths,
                    "the lengths add up to \(sum) steps, and \(file) has \(inputs.count)",
                    advice: "give files that belong together")
            }
            return try DecodedPart(
                steps: inputs, features: inputs.extents.count == 2 ? inputs.extents[1] : 1,
                isStandardized: recipe.preparation.standardizesNumbers, narrowing: narrowing)
        }
        if isTestOnly, let file = recipe.testInputs, let lengths = recipe.testLengths {
            return DecodedContent(training: try part(file, lengths, narrowing), test: nil, classes: 0)
        }
        let training = try part(recipe.trainInputs, recipe.trainLengths, narrowing)
        var test: DecodedPart?
        if let file = recipe.testInputs, let lengths = recipe.testLengths {
            let decoded = try part(file, lengths, .some(training.narrowing.inputs))
            try decoded.requireSamples(like: training, file: file)
            test = decoded
        }
        return DecodedContent(training: training, test: test, classes: 0)
    }

    private static func lengthSum(_ file: String) throws(DatasetError) -> Int {
        let lengths = try NPYReader.read(file)
        return (0..<lengths.elementCount).reduce(0) { $0 + Int(max(0, min(lengths.value($1), 1e12))) }
    }
}
