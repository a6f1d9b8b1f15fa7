/// Reads a CSV file into numbers, numbered categories and targets.
struct CSVReader {
    /// What each column is for, and the categories and classes seen so far.
    private(set) var columns: CSVColumns?
    /// The row-major numbers [rows, number columns]; NaN where one is missing.
    var numbers: ContiguousArray<Float> = []
    /// The row-major categories [rows, category columns]; -1 where one is missing.
    var categories: ContiguousArray<Int32> = []
    var classes: ContiguousArray<Int32> = []
    var values: ContiguousArray<Float> = []
    let recipe: DataConfiguration.CSV
    /// Whether the file may be without the target column.
    private let isTargetOptional: Bool

    /// A reader.
    /// - Parameters:
    ///   - columns: those of the training file for its test file, nil for the training file itself.
    ///   - isTargetOptional: whether the file may be without the target column: then its samples have no targets.
    init(_ recipe: DataConfiguration.CSV, columns: CSVColumns? = nil, isTargetOptional: Bool = false) {
        self.recipe = recipe
        self.columns = columns
        self.isTargetOptional = isTargetOptional
    }

    /// Reads one file.
    mutating func read(_ path: String) throws(DatasetError) -> DecodedPart {
        try read(SourceFile(path: path))
    }

    mutating func read(_ file: SourceFile) throws(DatasetError) -> DecodedPart {
        guard let delimiter = recipe.delimiter.utf8.first else {
            throw DatasetError(.format, file.path, "no delimiter", advice: "set delimiter to one character")
        }
        var scanner = CSVScanner(file, delimiter: delimiter)
        guard try !scanner.isAtEnd() else {
            throw DatasetError(.empty, file.path, "the file is empty", advice: "give a file with rows")
        }
        var first = try row(&scanner)
        if columns == nil {
            let names = recipe.header ? first : first.indices.map(String.init)
            if let twice = duplicate(names) {
                throw DatasetError(
                    .format, file.path, .line(1), "two columns are named '\(twice)'",
                    advice: "rename one of them")
            }
            columns = try CSVColumns(names: names, recipe: recipe, path: file.path)
        }
        guard var columns else { preconditionFailure("CSVReader: no columns") }
        if isTargetOptional {
            let rest = columns.withoutTarget
            if recipe.header ? first == rest.names : first.count == rest.names.count { columns = rest }
        }
        if recipe.header {
            guard first == columns.names else {
                throw DatasetError(
                    .mismatch, file.path, .line(1), "the columns are not those of \(recipe.train)",
                    advice: "give both files the same columns in the same order"
                        + (isTargetOptional
                            ? "; for predictions the target '\(recipe.target)' may be left out" : ""))
            }
        } else {
            // Without header the first row is data: begin again.
            scanner = CSVScanner(file, delimiter: delimiter)
        }
        first = []
        var rows = 0
        while try !scanner.isAtEnd() {
            try readRow(&scanner, file.path, &columns)
            rows += 1
        }
        guard rows > 0 else {
            throw DatasetError(.empty, file.path, "there are no rows", advice: "give a file with rows")
        }
        return try finish(&columns, rows, file.path)
    }

    func row(_ scanner: inout CSVScanner) throws(DatasetError) -> [String] {
        var fields: [String] = []
        repeat { fields.append(String(decoding: try scanner.next(), as: UTF8.self)) } while !scanner.isRowEnd
        return fields
    }

    func duplicate(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    mutating func readRow(
        _ scanner: inout CSVScanner, _ path: String, _ columns: inout CSVColumns
    ) throws(DatasetError) {
        let line = scanner.line
        let roles = columns.roles
        var column = 0
        repeat {
            let field = try scanner.next()
            guard column < roles.count else {
                throw DatasetError(
                    .format, path, .line(line),
                    "the row has more than the \(roles.count) fields of the first",
                    advice: "quote fields that contain '\(recipe.delimiter)'")
            }
            switch roles[column] {
            case .ignored: break
            case .number:
                numbers.append(
                    Self.isMissing(field)
                        ? try missing(path, line, columns.names[column])
                        : try number(field, path, line, columns.names[column]))
            case .category(let place):
                try category(field, place, path, line, column, &columns)
            case .target:
                try target(field, path, line, column, &columns)
            }
            column += 1
        } while !scanner.isRowEnd
        guard column == roles.count else {
            throw DatasetError(
                .format, path, .line(line), "the row has \(column) fields, the first has \(roles.count)",
                advice: "complete the row or remove it")
        }
    }

    /// Sorts the categories of a training file and lays the inputs out in the order of the columns.
    mutating func finish(
        _ columns: inout CSVColumns, _ rows: Int, _ path: String
    ) throws(DatasetError) -> DecodedPart {
        let places = columns.vocabularies.count
        if !columns.classes.isClosed {
            let order = columns.classes.close()
            for index in classes.indices { classes[index] = order[Int(classes[index])] }
            for place in 0..<places {
                let order = columns.vocabularies[place].close()
                for index in stride(from: place, to: categories.count, by: places)
                where categories[index] >= 0 {
                    categories[index] = order[Int(categories[index])]
                }
            }
            guard recipe.task == .regression || columns.classes.names.count >= 2 else {
                throw DatasetError(
                    .value, path, "the target '\(recipe.target)' has only one class",
                    advice: "give rows of at least two classes, or set task: regression")
            }
        }
        self.columns = columns
        let width = columns.featureNames.count
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
                    target[feature] = numbers[number]
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
        let hasTargets = columns.roles.contains(.target)
        let targets =
            !hasTargets
            ? MemoryBlock(count: 0)
            : recipe.task == .regression ? MemoryBlock(copying: values) : MemoryBlock(copying: classes)
        return DecodedPart(
            count: rows, sampleExtents: [width], inputType: .float32, inputs: inputs,
            targetWidth: recipe.task == .regression ? 1 : 0, targets: targets,
            hasMissing: recipe.missing == .mean && numbers.contains { $0.isNaN }, hasTargets: hasTargets)
    }
}
