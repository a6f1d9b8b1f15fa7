extension CSVReader {
    /// The inputs in the order of the columns: numbers, and one-hot vectors for categories.
    /// - Parameter width: the number of inputs of a row.
    package func inputs(
        _ columns: CSVColumns, _ rows: Int, width: Int, _ path: String
    ) throws(DatasetError) -> (MemoryBlock, NumberNarrowing?) {
        let names = zip(columns.names, columns.roles).filter { $1 == .number }.map(\.0)
        let narrowing = try NarrowingRule(
            isStandardized: format.standardizesNumbers, given: self.narrowing.map(\.inputs)
        ).decide(
            columns: names.count, count: numbers.count, file: path, name: { "column '\(names[$0])'" },
            key: "normalize: auto", { numbers[$0] - $1 })
        try MemoryNeed.require(
            MemoryNeed.product(rows, width, MemoryLayout<Float>.size), path,
            "a table of \(rows) rows with \(width) inputs each",
            advice: "a column of categories has an input for each; list those with many under ignore")
        let inputs = MemoryBlock(count: rows * width * MemoryLayout<Float>.size)
        let target = inputs.address.assumingMemoryBound(to: Float.self)
        target.initialize(repeating: 0, count: rows * width)
        var number = 0
        var category = 0
        for row in 0..<rows {
            var feature = row * width
            for role in columns.roles {
                switch role {
                case .ignored, .target: continue
                case .number:
                    target[feature] = try narrow(number, in: numbers, narrowing, path, row)
                    number += 1
                    feature += 1
                case .category(let place):
                    let code = categories[category]
                    if code >= 0 { target[feature + Int(code)] = 1 }
                    category += 1
                    feature += columns.vocabularies[place].names.count
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
                "the number \(numbers[index]) is too far from those that the network was trained on",
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
