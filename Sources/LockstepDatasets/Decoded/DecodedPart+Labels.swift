import LockstepReaders

/// Class labels of arrays.
extension DecodedPart {
    /// Class labels as int32; their range is checked once the number of classes is known.
    static func labels(_ array: RawArray) throws(DatasetError) -> MemoryBlock {
        guard array.extents.count == 1 || array.elementCount == array.count else {
            throw DatasetError(
                .format, array.path, "class labels have shape \(array.extents)",
                advice: "give one whole number for each sample: [N]")
        }
        let block = MemoryBlock(count: array.count * MemoryLayout<Int32>.size)
        let target = block.address.assumingMemoryBound(to: Int32.self)
        for index in 0..<array.count {
            let value = array.value(index)
            guard let label = Int32(exactly: value) else {
                throw DatasetError(
                    .labelOutOfRange, array.path, .sample(index), "\(value) is not a class label",
                    advice: "give whole numbers from 0, or set task: regression")
            }
            target[index] = label
        }
        return block
    }

    /// Class labels that are texts as int32, and the names of the classes: sorted, whole numbers by value.
    /// - Parameter given: the names of the classes of the training files, empty if their labels are numbers; nil to derive
    ///   them from these texts.
    static func labels(
        _ array: TextArray, _ given: [String]?
    ) throws(DatasetError) -> (MemoryBlock, names: [String]) {
        guard array.extents.count == 1 || array.numbers.count == array.extents.first else {
            throw DatasetError(
                .format, array.path, "class labels have shape \(array.extents)",
                advice: "give one text for each sample: [N]")
        }
        var vocabulary = array.names
        let order: [Int32]
        let names: [String]
        if let given {
            guard !given.isEmpty else {
                throw DatasetError(
                    .mismatch, array.path, "labels are texts, but those of the training files are numbers",
                    advice: "give the labels in the same form")
            }
            let numbers = Dictionary(zip(given, Int32(0)...)) { first, _ in first }
            order = vocabulary.names.map { numbers[$0] ?? -1 }
            if let unknown = array.numbers.firstIndex(where: { order[Int($0)] < 0 }) {
                throw DatasetError(
                    .labelOutOfRange, array.path, .sample(unknown),
                    "class '\(vocabulary.names[Int(array.numbers[unknown])])' does not occur in the training files, "
                        + "which have \(CSVColumns.list(given))",
                    advice: "correct it, remove the sample, or train again with such samples")
            }
            names = given
        } else {
            order = vocabulary.close()
            names = vocabulary.names
            guard names.count >= 2 else {
                throw DatasetError(
                    .value, array.path, "the targets have only one class",
                    advice: "give samples of at least two classes")
            }
        }
        return (MemoryBlock(copying: ContiguousArray(array.numbers.map { order[Int($0)] })), names)
    }

    /// Checks that all labels are in 0 ..< classes.
    func requireLabels(below classes: Int, file: String) throws(DatasetError) {
        let labels = labels
        guard let bad = labels.indices.first(where: { labels[$0] < 0 || Int(labels[$0]) >= classes }) else {
            return
        }
        throw DatasetError(
            .labelOutOfRange, file, .sample(bad), "label \(labels[bad]) is not in 0...\(classes - 1)",
            advice: Int(labels[bad]) == classes && labels.min() == 1
                ? "classes are numbered from 0: subtract 1 from the labels, or set classes: \(classes + 1)"
                : "correct the labels, or set classes")
    }

    /// Warnings about the labels of a training file.
    /// - Parameters:
    ///   - configured: the number of classes in the recipe; nil for the largest label plus 1.
    ///   - canBeRegression: whether the recipe has the key `task`.
    func classNotes(
        classes: Int, configured: Int?, file: String, canBeRegression: Bool
    ) throws(DatasetError) -> [String] {
        try ClassTargets(
            file: file, target: "the target", counts: classCounts(classes),
            names: classNames.isEmpty ? nil : classNames, isCountGiven: configured != nil,
            canBeRegression: canBeRegression
        ).notes()
    }

    private func classCounts(_ classes: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }

    /// The number of classes: as configured, or the largest label plus 1.
    func classCount(configured: Int?, file: String) throws(DatasetError) -> Int {
        guard classNames.isEmpty || configured == nil || configured == classNames.count else {
            throw DatasetError(
                .mismatch, file,
                "the labels have \(classNames.count) names, but classes is \(configured ?? 0)",
                advice: "leave classes out")
        }
        guard classNames.isEmpty else { return classNames.count }
        let largest = Int(labels.max() ?? 0)
        guard configured != nil || largest < 100_000 else {
            throw DatasetError(
                .labelOutOfRange, file, "the largest label is \(largest)",
                advice: "set task: regression, or set classes if there are that many classes")
        }
        let count = configured ?? max(2, largest + 1)
        try requireLabels(below: count, file: file)
        return count
    }
}
