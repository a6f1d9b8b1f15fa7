extension CSVReader {
    /// The inputs in the order of the columns: numbers, and one-hot vectors of categories.
    /// - Parameter width: the number of inputs of a row.
    package func inputs(
        _ columns: CSVColumns, _ rows: Int, width: Int, _ path: String
    ) throws(DatasetError) -> (MemoryBlock, NumberNarrowing?) {
        let names = columns.elements.filter { $0.number != nil }.map(\.name)
        let narrowing = try NarrowingRule(
            isStandardized: format.standardizesNumbers, given: self.narrowing.map(\.inputs)
        ).decide(
            columns: names.count, count: numbers.count, file: path, name: { "column '\(names[$0])'" },
            key: "normalize: auto", { numbers[$0] - $1 })
        try MemoryNeed.require(
            MemoryNeed.product(rows, width, MemoryLayout<Float>.size), path,
            "a table of \(rows) rows with \(width) inputs each",
            advice: "each category is an input; list columns with many categories under ignore or hashed")
        let inputs = MemoryBlock(count: rows * width * MemoryLayout<Float>.size)
        let target = inputs.address.assumingMemoryBound(to: Float.self)
        target.initialize(repeating: 0, count: rows * width)
        var row = CSVInputRow(columns)
        for sample in 0..<rows {
            var feature = sample * width
            for (column, role) in columns.roles.enumerated() {
                switch role {
                case .ignored, .target, .weight, .identifier: continue
                case .number, .date:
                    for _ in 0..<row.widths[column] {
                        target[feature] = try narrow(row.number, in: numbers, narrowing, path, sample)
                        row.number += 1
                        feature += 1
                    }
                case .category:
                    let code = categories[row.category]
                    if code >= 0 { target[feature + Int(code)] = 1 }
                    if code == -1, row.isFilled[column] {
                        for element in 0..<row.widths[column] { target[feature + element] = .nan }
                    }
                    row.category += 1
                    feature += row.widths[column]
                case .hashed:
                    for word in row.word..<wordEnds[row.text] { target[feature + Int(words[word])] += 1 }
                    row.word = wordEnds[row.text]
                    row.text += 1
                    feature += row.widths[column]
                }
                if row.hasIndicator[column] {
                    target[feature] = areMissing[row.indicator] ? 1 : 0
                    row.indicator += 1
                    feature += 1
                }
            }
        }
        return (inputs, narrowing)
    }

    /// The numbers to predict.
    package func numericTargets(_ path: String) throws(DatasetError) -> (MemoryBlock, NumberNarrowing?) {
        let narrowing = try NarrowingRule(
            isStandardized: format.standardizesTargets, given: self.narrowing.map(\.targets)
        ).decide(
            columns: 1, count: values.count, file: path, name: { _ in "the target '\(format.target)'" },
            key: "standardize_targets: true", { values[$0] - $1 })
        var targets = ContiguousArray<Float>()
        targets.reserveCapacity(values.count)
        for row in values.indices { targets.append(try narrow(row, in: values, narrowing, path, row)) }
        return (MemoryBlock(copying: targets), narrowing)
    }

    private func narrow(
        _ index: Int, in numbers: ContiguousArray<Double>, _ narrowing: NumberNarrowing?, _ path: String,
        _ row: Int
    ) throws(DatasetError) -> Float {
        guard let narrowing else { return Float(numbers[index]) }
        let narrow = narrowing.narrow(index) { numbers[index] - $0 }
        guard !narrow.isInfinite else {
            throw DatasetError(
                .value, path, .sample(row),
                "the number \(numbers[index]) is too far outside the range of the training data",
                advice: "correct it")
        }
        return narrow
    }

    /// Warnings about the classes of a training file.
    package func noteClasses(_ columns: CSVColumns, _ path: String) throws(DatasetError) -> [String] {
        var counts = [Int](repeating: 0, count: columns.classes.names.count)
        for label in classes { counts[Int(label)] += 1 }
        return try ClassTargets(
            file: path, target: "the target '\(format.target)'", counts: counts, names: columns.classes.names
        ).notes()
    }
}

/// The sources of the inputs of rows: the position in each source, and the inputs of each column.
private struct CSVInputRow {
    var number = 0
    var category = 0
    var text = 0
    var word = 0
    var indicator = 0
    /// The inputs of each column, without its indicator of missing values.
    let widths: [Int]
    /// Whether a missing category is replaced by the most frequent one of the training split.
    let isFilled: [Bool]
    let hasIndicator: [Bool]

    init(_ columns: CSVColumns) {
        widths = columns.roles.map { role in
            switch role {
            case .number: 1
            case .category(let place): columns.vocabularies[place].names.count
            case .date(let date): date.width
            case .hashed(let text): text.features
            case .target, .ignored, .weight, .identifier: 0
            }
        }
        isFilled = columns.roles.indices.map { columns.imputation($0)?.strategy == .mostFrequent }
        hasIndicator = columns.roles.indices.map { columns.imputation($0)?.hasIndicator == true }
    }
}
