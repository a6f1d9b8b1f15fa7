/// Reads the CSV files of a table into numbers, numbered categories and targets.
package struct CSVReader {
    /// The role of each column, and the categories and classes seen so far.
    package private(set) var columns: CSVColumns?
    /// The row-major numbers [rows, number columns]; NaN for missing values.
    package var numbers: ContiguousArray<Double> = []
    /// The row-major categories [rows, category columns]; -1 for missing values.
    package var categories: ContiguousArray<Int32> = []
    package var classes: ContiguousArray<Int32> = []
    package var values: ContiguousArray<Double> = []
    /// The weights of the rows; empty without weights.
    package var weights: ContiguousArray<Float> = []
    /// The inputs that count the words of texts, text by text, and where those of each text end: [rows, texts].
    package var words: ContiguousArray<Int32> = []
    package var wordEnds: ContiguousArray<Int> = []
    /// Whether the fields with an indicator are missing: [rows, indicators].
    package var areMissing: ContiguousArray<Bool> = []
    /// The texts that are copied to predictions as UTF-8, and where each ends: [rows, texts].
    package var identifierBytes: ContiguousArray<UInt8> = []
    package var identifierEnds: ContiguousArray<UInt64> = []
    /// Ignored names that the training file does not have: their number in each column, and the first.
    var unknownNames: [(column: String, count: Int, first: String, line: Int)] = []
    package let format: TableFormat
    /// Notes for the user about the files that have been read.
    package internal(set) var notes: [String] = []
    /// The columns with a warning about numbers with too many digits.
    package var longColumns: [String] = []
    /// The number of rows read so far, and whether they have targets.
    private var rows = 0
    private var hasTargets = true
    /// The number of rows whose target is missing, and the error about the first of them, if the target is optional.
    var missingTargets = 0
    var missingTarget: DatasetError?
    package let missingTexts: MissingTexts
    package let spelling: NumberSpelling
    /// The readers of dates, by format.
    let dateFormats: [String: DateFormat]
    /// The conversion of numbers in the file on which a network was trained; nil to derive it from this file.
    package let narrowing: DataNarrowing?
    /// Whether the file may lack the target column.
    let isTargetOptional: Bool

    /// Makes a reader.
    /// - Parameters:
    ///   - columns: the columns of the training file if another file is read; nil for the training file itself.
    ///   - narrowing: the conversion of numbers in the file on which a network was trained; nil to derive it from this file.
    ///   - isTargetOptional: whether the file may lack the target column; its samples then have no targets.
    package init(
        _ format: TableFormat, columns: CSVColumns? = nil, narrowing: DataNarrowing? = nil,
        isTargetOptional: Bool = false
    ) {
        self.format = format
        self.columns = columns
        self.narrowing = narrowing
        missingTexts = MissingTexts(format.missingValues)
        spelling = NumberSpelling(decimal: format.text.decimal, thousands: format.text.thousands)
        dateFormats = Dictionary(
            format.treatment.dates.map { ($0.format, DateFormat($0.format)) }
                + (columns?.roles ?? []).compactMap {
                    if case .date(let date) = $0 { (date.format, DateFormat(date.format)) } else { nil }
                }
        ) { first, _ in first }
        self.isTargetOptional = isTargetOptional
    }

    /// Reads several files and concatenates their rows. With a header, each file has one, and columns are
    /// found by name.
    package mutating func read(_ files: DataFiles) throws(DatasetError) -> DecodedPart {
        for path in try files.paths() {
            let file = try SourceFile(path: path, format.isJSONLines ? .jsonLines : .table)
            try ForeignFormat.refuse(file)
            if format.isJSONLines {
                try append(JSONLines.table(file), delimiter: UInt8(ascii: ","))
            } else {
                try append(file)
            }
        }
        guard var columns else {
            throw DatasetError(.missing, files.description, "there are no files", advice: "name at least one")
        }
        // An empty column is the same as none.
        if let missingTarget, missingTargets < rows { throw missingTarget }
        return try finish(
            &columns, rows, files.description, hasTargets: hasTargets && missingTarget == nil)
    }

    /// Reads the rows of one file.
    private mutating func append(_ file: SourceFile) throws(DatasetError) {
        guard let delimiter = format.delimiter.utf8.first else {
            throw DatasetError(
                .format, file.path, "the delimiter is empty", advice: "set delimiter to one character")
        }
        let file = try format.encoding.decode(file)
        let wanted = wantedNames
        do throws(DatasetError) {
            try append(file, delimiter: delimiter)
        } catch {
            guard format.text.skipLines == 0 else { throw error }
            throw CSVDelimiter.advise(error, on: file, delimiter: delimiter, names: wanted)
        }
    }

    /// The columns that the first row should name; none if it is data.
    private var wantedNames: Set<String> {
        guard format.header else { return [] }
        guard let columns else {
            return Set(
                [format.target] + format.categorical + format.ignore + format.treatment.columnNames)
        }
        return Set(zip(columns.names, columns.roles).filter { $1 != .ignored }.map(\.0))
    }

    private mutating func append(_ file: SourceFile, delimiter: UInt8) throws(DatasetError) {
        var scanner = CSVScanner(file, delimiter: delimiter, isMade: format.isJSONLines)
        for _ in 0..<format.text.skipLines { scanner.skipLine() }
        if format.treatment.blankLines == .skip { scanner.skipBlankLines() }
        let start = scanner
        guard try !scanner.isAtEnd() else {
            throw DatasetError(
                .empty, file.path, "the file is empty", advice: "give a file with at least one row")
        }
        // Without a header the first row is data: only its length matters here, and it is read again.
        let first = try names(
            format.header ? try scanner.row() : (0..<(try scanner.fieldCount())).map(String.init), start.line,
            file.path)
        if !format.header { scanner = start }
        var (columns, layout) = try self.layout(first, file.path)
        noteUnknown(layout.unknown, file.path)
        guard rows == 0 || hasTargets == layout.hasTarget else {
            throw DatasetError(
                .mismatch, file.path, .line(1),
                "the file has \(layout.hasTarget ? "the" : "no") column '\(format.target)', unlike the files before it",
                advice: "the target column must be in all files or in none")
        }
        hasTargets = layout.hasTarget
        noteOmissions(layout, file.path)
        let earlier = rows
        while try !scanner.isAtEnd() {
            if try readRow(&scanner, file.path, layout, &columns) { rows += 1 }
        }
        noteUnknownNames(file.path)
        guard rows > earlier else {
            throw DatasetError(
                .empty, file.path, "there are no rows", advice: "give a file with at least one row")
        }
        self.columns = columns
    }

    /// Determines the roles of the columns, and how the fields of a row are used.
    /// - Parameter first: the first row; without a header, the numbers of its fields.
    private func layout(
        _ first: [String], _ path: String
    ) throws(DatasetError) -> (CSVColumns, CSVLayout) {
        if let columns {
            let layout =
                format.header
                ? try CSVLayout(
                    header: first, columns: columns, format: format, isTargetOptional: isTargetOptional,
                    path: path)
                : try CSVLayout(
                    fieldCount: first.count, columns: columns, format: format,
                    isTargetOptional: isTargetOptional, path: path)
            return (columns, layout)
        }
        if let twice = CSVColumns.duplicate(first) {
            throw DatasetError(
                .format, path, .line(1),
                "two columns \(twice.isEmpty ? "have no name" : "are named '\(twice)'")",
                advice: format.isJSONLines
                    ? "rename one of them"
                    : "rename one of them, or list the names of all columns under names")
        }
        let columns = try CSVColumns(names: first, format: format, path: path)
        return (columns, CSVLayout(of: columns))
    }

    /// Reads a row.
    /// - Returns: whether there was one; blank lines may be skipped.
    package mutating func readRow(
        _ scanner: inout CSVScanner, _ path: String, _ layout: CSVLayout, _ columns: inout CSVColumns
    ) throws(DatasetError) -> Bool {
        let line = scanner.line
        var row = CSVRow(firstNumber: numbers.count, firstCategory: categories.count, layout)
        var column = 0
        repeat {
            let field = try scanner.next()
            if column == 0 {
                if field.isEmpty, scanner.isRowEnd, !scanner.wasQuoted, layout.uses.count > 1 {
                    guard format.treatment.blankLines == .skip else { throw blankLine(path, line) }
                    return false
                }
                numbers.append(contentsOf: repeatElement(.nan, count: layout.numberCount))
                categories.append(contentsOf: repeatElement(-1, count: layout.categoryCount))
                if layout.hasWeight { weights.append(1) }
            }
            guard column < layout.uses.count else {
                throw DatasetError(
                    .format, path, .line(line),
                    "the row has more than the \(layout.uses.count) fields of the first",
                    advice: "quote fields that contain '\(format.delimiter)'")
            }
            let name = layout.names[column]
            let imputation = layout.imputations[column]
            if let place = layout.indicators[column] {
                let hasNames = if case .category = layout.uses[column] { true } else { false }
                row.areMissing[place] =
                    hasNames ? isMissing(name: field, scanner) : isMissing(number: field)
            }
            switch layout.uses[column] {
            case .ignored: break
            case .number(let place):
                numbers[row.firstNumber + place] =
                    isMissing(number: field)
                    ? try missing(path, line, name, imputation) : try number(field, path, line, name)
            case .category(let place):
                categories[row.firstCategory + place] = try category(
                    field, scanner, &columns.vocabularies[place], path, line, name, imputation)
            case .date(let place, let date):
                try readDate(field, date, at: row.firstNumber + place, path, line, name, imputation)
            case .hashed(let place, let text):
                row.texts[place] = isMissing(name: field, scanner) ? [] : try inputs(field, scanner, text)
            case .weight:
                weights[weights.count - 1] = try weight(field, path, line, name)
            case .identifier(let place): row.identifiers[place] = try scanner.string(field)
            case .target:
                try target(field, scanner, &columns.classes, path, line, name)
            }
            column += 1
        } while !scanner.isRowEnd
        guard column == layout.uses.count else {
            throw DatasetError(
                .format, path, .line(line),
                "the row has \(column) fields, but the first has \(layout.uses.count)",
                advice: "complete the row or remove it")
        }
        append(row)
        return true
    }

    /// Sorts the categories of a training file and orders the inputs like the columns.
    package mutating func finish(
        _ columns: inout CSVColumns, _ rows: Int, _ path: String, hasTargets: Bool
    ) throws(DatasetError) -> DecodedPart {
        let places = columns.vocabularies.count
        let isTraining = !columns.classes.isClosed
        if isTraining {
            let order = columns.classes.close()
            for index in classes.indices { classes[index] = order[Int(classes[index])] }
            for place in 0..<places {
                let order = columns.vocabularies[place].close()
                for index in stride(from: place, to: categories.count, by: places)
                where categories[index] >= 0 {
                    categories[index] = order[Int(categories[index])]
                }
            }
            guard format.isRegression || columns.classes.names.count >= 2 else {
                throw DatasetError(
                    .value, path, "the target '\(format.target)' has only one class",
                    advice: "give rows of at least two classes, or set task: regression")
            }
            if !format.isRegression { notes += try noteClasses(columns, path) }
        }
        self.columns = columns
        let width = columns.featureNames.count
        let (inputs, inputNarrowing) = try inputs(columns, rows, width: width, path)
        let isRegression = format.isRegression
        let (targets, targetNarrowing) =
            !hasTargets
            ? (MemoryBlock(count: 0), narrowing?.targets)
            : isRegression ? try numericTargets(path) : (MemoryBlock(copying: classes), nil)
        var part = DecodedPart(
            count: rows, sampleExtents: [width], inputType: .float32, inputs: inputs,
            targetWidth: isRegression ? 1 : 0, targets: targets,
            narrowing: DataNarrowing(inputs: inputNarrowing, targets: targetNarrowing),
            hasMissing: (format.canMiss || columns.imputations != nil) && hasMissing(columns),
            hasTargets: hasTargets)
        part.weights = columns.hasWeight ? MemoryBlock(copying: weights) : nil
        let identifiers = columns.identifierNames.count
        part.identifiers =
            identifiers > 0
            ? SampleTexts(ends: identifierEnds, bytes: identifierBytes, columns: identifiers).block : nil
        return part
    }
}
